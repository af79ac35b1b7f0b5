#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "codec.h"

typedef struct {
    cvc_decoder common;
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    uint8_t *cmyk;  // a band of rows, for CMYK images only
} jpeg_decoder;

enum { BAND = 16 };  // rows requested at a time; libjpeg returns at most one row of its blocks

static jpeg_decoder *owner(j_common_ptr info) { return (jpeg_decoder *)info->client_data; }

static _Noreturn void fail(jpeg_decoder *decoder, cvc_status status) {
    decoder->common.status = status;
    decoder->errors.format_message((j_common_ptr)&decoder->info, decoder->common.message);
    longjmp(decoder->common.escape, 1);
}

static void on_error(j_common_ptr info) {
    jpeg_decoder *decoder = owner(info);
    switch (info->err->msg_code) {
        case JERR_BAD_PRECISION:  // 12 bits
        case JERR_SOF_UNSUPPORTED:  // lossless, hierarchical
        case JERR_ARITH_NOTIMPL:
        case JERR_CONVERSION_NOTIMPL:  // two components, or more than four
        case JERR_COMPONENT_COUNT:
        case JERR_CCIR601_NOTIMPL:
        case JERR_FRACT_SAMPLE_NOTIMPL:
        case JERR_NOT_COMPILED:
        case JERR_OUT_OF_MEMORY: fail(decoder, CVC_UNSUPPORTED);
        // Missing bytes are reported as a warning first. With `tolerant`, an error that follows from it still means
        // truncated data rather than corrupt data.
        default: fail(decoder, decoder->common.status == CVC_TRUNCATED ? CVC_TRUNCATED : CVC_CORRUPT);
    }
}

/// libjpeg conceals damage and continues. Warnings that mean lost pixels are errors here; the others (padding before a
/// marker, an unknown marker of some camera) do not affect the image.
static void on_message(j_common_ptr info, int level) {
    if (level >= 0) return;  // a trace
    cvc_status status;
    switch (info->err->msg_code) {
        case JWRN_JPEG_EOF:
        case JWRN_HIT_MARKER: status = CVC_TRUNCATED; break;
        case JWRN_HUFF_BAD_CODE:
        case JWRN_ARITH_BAD_CODE:
        case JWRN_MUST_RESYNC: status = CVC_CORRUPT; break;
        default: return;
    }
    if (!owner(info)->common.options.tolerant) fail(owner(info), status);
    owner(info)->common.status = status;
}

/// Limits the scans: each scan of a progressive image may be a few bytes, but costs a pass over the whole image.
static void on_progress(j_common_ptr info) {
    jpeg_decoder *decoder = owner(info);
    if (decoder->info.input_scan_number <= decoder->common.options.max_scans) return;
    decoder->common.status = CVC_TOO_MANY_SCANS;
    longjmp(decoder->common.escape, 1);
}

/// CMYK to RGB as in Pillow: (255 - ink) · (255 - black) / 255, rounded. Samples are 255 - ink: what Adobe's programs
/// write, and what Pillow assumes also of files without their marker.
static void convert_cmyk(const uint8_t *cmyk, uint8_t *rgb, size_t count) {
    for (size_t i = 0; i < count; i++, cmyk += 4, rgb += 3) {
        for (int c = 0; c < 3; c++) {
            unsigned product = cmyk[c] * (unsigned)cmyk[3] + 128;
            rgb[c] = (uint8_t)((product + (product >> 8)) >> 8);
        }
    }
}

static void read_rgb(struct jpeg_decompress_struct *info, uint8_t *pixels) {
    size_t stride = (size_t)info->output_width * 3;
    JSAMPROW rows[BAND];
    while (info->output_scanline < info->output_height) {
        JDIMENSION left = info->output_height - info->output_scanline;
        JDIMENSION count = left < BAND ? left : BAND;
        for (JDIMENSION i = 0; i < count; i++) rows[i] = pixels + (info->output_scanline + i) * stride;
        jpeg_read_scanlines(info, rows, count);
    }
}

static void read_cmyk(jpeg_decoder *decoder, uint8_t *pixels) {
    struct jpeg_decompress_struct *info = &decoder->info;
    size_t width = info->output_width;
    decoder->cmyk = malloc(width * 4 * BAND);
    if (!decoder->cmyk) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
    JSAMPROW rows[BAND];
    for (int i = 0; i < BAND; i++) rows[i] = decoder->cmyk + (size_t)i * width * 4;
    while (info->output_scanline < info->output_height) {
        uint8_t *target = pixels + info->output_scanline * width * 3;
        JDIMENSION count = jpeg_read_scanlines(info, rows, BAND);
        convert_cmyk(decoder->cmyk, target, count * width);
    }
}

static void jpeg_read(cvc_decoder *common, uint8_t *pixels) {
    jpeg_decoder *decoder = (jpeg_decoder *)common;
    if (setjmp(common->escape)) return;
    bool is_cmyk = decoder->info.num_components == 4;
    decoder->info.out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&decoder->info);
    if (is_cmyk)
        read_cmyk(decoder, pixels);
    else
        read_rgb(&decoder->info, pixels);
    jpeg_finish_decompress(&decoder->info);
    common->status = CVC_OK;
}

static void jpeg_close(cvc_decoder *common) {
    jpeg_decoder *decoder = (jpeg_decoder *)common;
    jpeg_destroy_decompress(&decoder->info);
    free(decoder->cmyk);
    free(decoder);
}

cvc_decoder *cvc_jpeg_open(const uint8_t *bytes, size_t count, cvc_options options) {
    jpeg_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) return NULL;
    decoder->common.options = options;
    decoder->common.read = jpeg_read;
    decoder->common.close = jpeg_close;
    decoder->info.err = jpeg_std_error(&decoder->errors);
    decoder->info.client_data = decoder;
    decoder->errors.error_exit = on_error;
    decoder->errors.emit_message = on_message;
    decoder->progress.progress_monitor = on_progress;
    if (setjmp(decoder->common.escape)) return &decoder->common;
    jpeg_create_decompress(&decoder->info);
    decoder->info.progress = &decoder->progress;
    jpeg_mem_src(&decoder->info, bytes, count);
    jpeg_read_header(&decoder->info, TRUE);
    if (decoder->info.data_precision != 8) ERREXIT1(&decoder->info, JERR_BAD_PRECISION, decoder->info.data_precision);
    decoder->common.header = (cvc_header){decoder->info.image_width, decoder->info.image_height, 3};
    decoder->common.status = CVC_OK;
    return &decoder->common;
}
