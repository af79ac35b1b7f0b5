#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "codec.h"

typedef struct {
    cvc_decoder common;
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t left;
} png_decoder;

static void on_error(png_structp png, png_const_charp message) {
    cvc_decoder *common = png_get_error_ptr(png);
    // read_bytes has already detected truncated data.
    if (common->status != CVC_TRUNCATED) common->status = CVC_CORRUPT;
    snprintf(common->message, sizeof common->message, "%s", message);
    longjmp(common->escape, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
    png_decoder *decoder = png_get_io_ptr(png);
    if (count > decoder->left) {
        decoder->common.status = CVC_TRUNCATED;
        png_error(png, "the data end early");
    }
    memcpy(target, decoder->bytes, count);
    decoder->bytes += count;
    decoder->left -= count;
}

/// Limits the memory and time that a small file can cause.
static void limit(png_structp png, bool tolerant) {
    // The caller limits the number of pixels; libpng would limit each side to a million.
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    // Text, color profiles and every other chunk but palette and tRNS are skipped, never stored or decompressed, so
    // that decompression bombs do no harm. Hence their length needs no limit.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_chunk_malloc_max(png, 0);
    // A wrong checksum is an error also in a skipped chunk: the file is damaged.
    int on_bad_checksum = tolerant ? PNG_CRC_QUIET_USE : PNG_CRC_ERROR_QUIT;
    png_set_crc_action(png, on_bad_checksum, on_bad_checksum);
}

/// Converts every format to 8-bit RGB or RGBA, or to indices of one byte each.
static void normalize(png_decoder *decoder) {
    png_structp png = decoder->png;
    if (decoder->common.options.indices) {
        png_set_packing(png);  // 1, 2 and 4 bits to bytes, not stretched
        return;
    }
    png_set_expand(png);     // palette to RGB, 1, 2 and 4 bits to 8, tRNS to alpha
    png_set_scale_16(png);   // 16 bits to 8: v · 255 / 65535, rounded
    png_set_gray_to_rgb(png);
}

static void read_header(png_decoder *decoder) {
    png_read_info(decoder->png, decoder->info);
    int type = png_get_color_type(decoder->png, decoder->info);
    bool is_indexed = type == PNG_COLOR_TYPE_PALETTE || type == PNG_COLOR_TYPE_GRAY;
    bool indices = decoder->common.options.indices;
    if (indices && (!is_indexed || png_get_bit_depth(decoder->png, decoder->info) > 8)) {
        decoder->common.status = CVC_UNSUPPORTED;
        snprintf(decoder->common.message, sizeof decoder->common.message, "%s",
                 is_indexed ? "it has 16 bits a pixel" : "it has true color or transparency");
    }
    bool transparent = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(decoder->png, decoder->info, PNG_INFO_tRNS);
    decoder->common.header = (cvc_header){
        png_get_image_width(decoder->png, decoder->info),
        png_get_image_height(decoder->png, decoder->info),
        indices ? 1 : transparent ? 4 : 3,
    };
}

static void png_read_pixels(cvc_decoder *common, uint8_t *pixels) {
    png_decoder *decoder = (png_decoder *)common;
    size_t stride = (size_t)common->header.width * (size_t)common->header.channels;
    // Missing rows are black, and transparent if there is alpha.
    if (common->options.tolerant) memset(pixels, 0, stride * common->header.height);
    if (setjmp(common->escape)) return;
    normalize(decoder);
    int passes = png_set_interlace_handling(decoder->png);
    png_read_update_info(decoder->png, decoder->info);
    if (png_get_rowbytes(decoder->png, decoder->info) != stride) png_error(decoder->png, "unexpected row size");
    for (int pass = 0; pass < passes; pass++) {
        for (size_t y = 0; y < common->header.height; y++) png_read_row(decoder->png, pixels + y * stride, NULL);
    }
    png_read_end(decoder->png, NULL);
}

/// With `tolerant`, an error after the header keeps the rows decoded before it.
static void png_read(cvc_decoder *common, uint8_t *pixels) {
    png_read_pixels(common, pixels);
    if (common->options.tolerant) common->status = CVC_OK;
}

static void png_close(cvc_decoder *common) {
    png_decoder *decoder = (png_decoder *)common;
    png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
    free(decoder);
}

cvc_decoder *cvc_png_open(const uint8_t *bytes, size_t count, cvc_options options) {
    png_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) return NULL;
    decoder->common.options = options;
    decoder->common.read = png_read;
    decoder->common.close = png_close;
    decoder->bytes = bytes;
    decoder->left = count;
    if (setjmp(decoder->common.escape)) return &decoder->common;
    decoder->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, decoder, on_error, on_warning);
    decoder->info = decoder->png ? png_create_info_struct(decoder->png) : NULL;
    if (!decoder->info) {
        decoder->common.status = CVC_UNSUPPORTED;
        snprintf(decoder->common.message, sizeof decoder->common.message, "libpng cannot be set up");
        return &decoder->common;
    }
    png_set_read_fn(decoder->png, decoder, read_bytes);
    limit(decoder->png, options.tolerant);
    read_header(decoder);
    return &decoder->common;
}
