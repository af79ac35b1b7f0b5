#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

#include "codec.h"

typedef struct {
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
} jpeg_encoder;

static void on_error(j_common_ptr info) {
    cvc_encoded *result = info->client_data;
    info->err->format_message(info, result->message);
    longjmp(result->escape, 1);
}

enum { PIECE = 1 << 18 };  // the output grows by at least this many bytes

/// Gives libjpeg the free capacity after the written bytes.
static void offer_room(j_compress_ptr info) {
    cvc_encoded *result = info->client_data;
    if (!cvc_encoded_reserve(result, PIECE)) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
    info->dest->next_output_byte = result->bytes + result->count;
    info->dest->free_in_buffer = result->capacity - result->count;
}

static boolean on_full(j_compress_ptr info) {
    cvc_encoded *result = info->client_data;
    result->count = result->capacity;
    offer_room(info);
    return TRUE;
}

static void on_end(j_compress_ptr info) {
    cvc_encoded *result = info->client_data;
    result->count = result->capacity - info->dest->free_in_buffer;
}

static void configure(struct jpeg_compress_struct *info, int quality, bool full_chroma) {
    info->input_components = 3;
    info->in_color_space = JCS_RGB;
    jpeg_set_defaults(info);  // Y'CbCr at 4:2:0
    jpeg_set_quality(info, quality, TRUE);
    if (full_chroma) info->comp_info[0].h_samp_factor = info->comp_info[0].v_samp_factor = 1;
}

static void write_rows(struct jpeg_compress_struct *info, const uint8_t *rgb) {
    enum { BAND = 16 };
    size_t stride = (size_t)info->image_width * 3;
    JSAMPROW rows[BAND];
    while (info->next_scanline < info->image_height) {
        JDIMENSION left = info->image_height - info->next_scanline;
        JDIMENSION count = left < BAND ? left : BAND;
        // libjpeg's type is not const, though it only reads.
        for (JDIMENSION i = 0; i < count; i++) rows[i] = (JSAMPROW)rgb + (info->next_scanline + i) * stride;
        jpeg_write_scanlines(info, rows, count);
    }
}

cvc_encoded *cvc_jpeg_encode(const uint8_t *rgb, uint32_t width, uint32_t height, int quality, bool full_chroma) {
    cvc_encoded *result = calloc(1, sizeof *result);
    jpeg_encoder *encoder = calloc(1, sizeof *encoder);
    if (!result || !encoder) {
        free(result);
        free(encoder);
        return NULL;
    }
    struct jpeg_compress_struct *info = &encoder->info;
    info->err = jpeg_std_error(&encoder->errors);
    info->client_data = result;
    encoder->errors.error_exit = on_error;
    if (setjmp(result->escape)) {
        jpeg_destroy_compress(info);
        free(result->bytes);
        result->bytes = NULL;
        free(encoder);
        return result;
    }
    jpeg_create_compress(info);
    encoder->destination = (struct jpeg_destination_mgr){
        .init_destination = offer_room, .empty_output_buffer = on_full, .term_destination = on_end};
    info->dest = &encoder->destination;
    info->image_width = width;
    info->image_height = height;
    configure(info, quality, full_chroma);
    jpeg_start_compress(info, TRUE);
    write_rows(info, rgb);
    jpeg_finish_compress(info);
    jpeg_destroy_compress(info);
    free(encoder);
    return result;
}
