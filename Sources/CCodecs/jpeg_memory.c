#include "jpeg_memory.h"

#include <jerror.h>

_Noreturn void cvc_jpeg_escape(j_common_ptr info) {
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

void cvc_jpeg_create(cvc_jpeg_encoder *encoder, cvc_encoded *result) {
    encoder->info.err = jpeg_std_error(&encoder->errors);
    encoder->info.client_data = result;
    encoder->errors.error_exit = cvc_jpeg_escape;
    jpeg_create_compress(&encoder->info);
    encoder->destination = (struct jpeg_destination_mgr){
        .init_destination = offer_room, .empty_output_buffer = on_full, .term_destination = on_end};
    encoder->info.dest = &encoder->destination;
}

void cvc_jpeg_write_rows(struct jpeg_compress_struct *info, const uint8_t *samples) {
    enum { BAND = 16 };
    size_t stride = (size_t)info->image_width * (size_t)info->input_components;
    JSAMPROW rows[BAND];
    while (info->next_scanline < info->image_height) {
        JDIMENSION left = info->image_height - info->next_scanline;
        JDIMENSION count = left < BAND ? left : BAND;
        // libjpeg's type is not const, though it only reads.
        for (JDIMENSION i = 0; i < count; i++) rows[i] = (JSAMPROW)samples + (info->next_scanline + i) * stride;
        jpeg_write_scanlines(info, rows, count);
    }
}
