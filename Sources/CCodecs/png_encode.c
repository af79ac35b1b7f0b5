#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "codec.h"

static void on_error(png_structp png, png_const_charp message) {
    cvc_encoded *result = png_get_error_ptr(png);
    snprintf(result->message, sizeof result->message, "%s", message);
    longjmp(result->escape, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void append(png_structp png, png_bytep bytes, size_t count) {
    cvc_encoded *result = png_get_io_ptr(png);
    if (!cvc_encoded_reserve(result, count)) png_error(png, "out of memory");
    memcpy(result->bytes + result->count, bytes, count);
    result->count += count;
}

static void flush(png_structp png) { (void)png; }

typedef struct {
    const uint8_t *pixels;
    uint32_t width, height;
    int channels, compression;
    const uint8_t *palette;  // colors × 3 samples; NULL if pixels are not indices
    int colors;
} image;

static int color_type(const image *image) {
    if (image->palette) return PNG_COLOR_TYPE_PALETTE;
    switch (image->channels) {
        case 1: return PNG_COLOR_TYPE_GRAY;
        case 4: return PNG_COLOR_TYPE_RGBA;
        default: return PNG_COLOR_TYPE_RGB;
    }
}

static void set_palette(png_structp png, png_infop info, const image *image) {
    png_color colors[256];
    for (int i = 0; i < image->colors; i++) {
        const uint8_t *color = image->palette + 3 * i;
        colors[i] = (png_color){color[0], color[1], color[2]};
    }
    png_set_PLTE(png, info, colors, image->colors);
}

static void write_image(png_structp png, png_infop info, const image *image) {
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_compression_level(png, image->compression);
    // One filter for all rows. On five photographs the total size equals that of libpng's choice of a filter for each
    // row (within 8 % on each), in half to three quarters of the time. Indices have no gradients to predict.
    png_set_filter(png, PNG_FILTER_TYPE_BASE, image->palette ? PNG_FILTER_NONE : PNG_FILTER_UP);
    png_set_compression_buffer_size(png, 1 << 18);
    png_set_IHDR(png, info, image->width, image->height, 8, color_type(image), PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (image->palette) set_palette(png, info, image);
    png_write_info(png, info);
    size_t stride = (size_t)image->width * (size_t)image->channels;
    for (size_t y = 0; y < image->height; y++) png_write_row(png, image->pixels + y * stride);
    png_write_end(png, info);
}

static cvc_encoded *encode(const image *image) {
    cvc_encoded *result = calloc(1, sizeof *result);
    if (!result) return NULL;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, result, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        free(result);
        return NULL;
    }
    if (setjmp(result->escape)) {
        free(result->bytes);
        result->bytes = NULL;
    } else {
        png_set_write_fn(png, result, append, flush);
        write_image(png, info, image);
    }
    png_destroy_write_struct(&png, &info);
    return result;
}

cvc_encoded *cvc_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int compression) {
    return encode(&(image){pixels, width, height, channels, compression, NULL, 0});
}

cvc_encoded *cvc_png_encode_indexed(const uint8_t *indices, uint32_t width, uint32_t height, const uint8_t *palette,
                                    int colors, int compression) {
    return encode(&(image){indices, width, height, 1, compression, palette, colors});
}
