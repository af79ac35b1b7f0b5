#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "codec.h"
#include "jpeg_memory.h"

static void configure(struct jpeg_compress_struct *info, int quality, bool full_chroma) {
    info->input_components = 3;
    info->in_color_space = JCS_RGB;
    jpeg_set_defaults(info);  // Y'CbCr at 4:2:0
    jpeg_set_quality(info, quality, TRUE);
    if (full_chroma) info->comp_info[0].h_samp_factor = info->comp_info[0].v_samp_factor = 1;
}

cvc_encoded *cvc_jpeg_encode(const uint8_t *rgb, uint32_t width, uint32_t height, int quality, bool full_chroma) {
    cvc_encoded *result = calloc(1, sizeof *result);
    cvc_jpeg_encoder *encoder = calloc(1, sizeof *encoder);
    if (!result || !encoder) {
        free(result);
        free(encoder);
        return NULL;
    }
    struct jpeg_compress_struct *info = &encoder->info;
    if (!setjmp(result->escape)) {
        cvc_jpeg_create(encoder, result);
        info->image_width = width;
        info->image_height = height;
        configure(info, quality, full_chroma);
        jpeg_start_compress(info, TRUE);
        cvc_jpeg_write_rows(info, rgb);
        jpeg_finish_compress(info);
    } else {
        free(result->bytes);
        result->bytes = NULL;
    }
    jpeg_destroy_compress(info);
    free(encoder);
    return result;
}
