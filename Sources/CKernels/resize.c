#include "resize_internal.h"

void cvk_resize_rows(cvk_isa isa, const uint8_t *src, size_t src_stride, int32_t src_width, uint8_t *dst,
                     size_t dst_stride, int32_t dst_width, int32_t rows, int32_t channels, const cvk_taps *taps,
                     const int16_t *weights) {
#if defined(__x86_64__)
    // Wider registers would not help: few images are shrunk so far that the taps of a pixel fill them.
    if (isa >= CVK_AVX2) {
        cvk_resize_rows_avx2(src, src_stride, src_width, dst, dst_stride, dst_width, rows, channels, taps, weights);
        return;
    }
#endif
    (void)isa;
    (void)src_width;
    for (int32_t y = 0; y < rows; y++)
        cvk_resize_pixels(src + (size_t)y * src_stride, dst + (size_t)y * dst_stride, 0, dst_width, channels, taps,
                          weights);
}

void cvk_resize_column(cvk_isa isa, const uint8_t *src, size_t stride, int32_t count, const int16_t *weights,
                       uint8_t *dst, size_t bytes) {
#if defined(__x86_64__)
    if (isa >= CVK_AVX2) {
        cvk_resize_column_avx2(src, stride, count, weights, dst, bytes);
        return;
    }
#endif
    (void)isa;
    cvk_resize_samples(src, stride, count, weights, dst, 0, bytes);
}

void cvk_premultiply(const uint8_t *src, uint8_t *dst, size_t pixels) {
    for (size_t i = 0; i < pixels * 4; i += 4) {
        uint32_t alpha = src[i + 3];
        for (size_t c = 0; c < 3; c++) {
            // (v + 128 + (v + 128) / 256) / 256 is v / 255, rounded, for every 16-bit v.
            uint32_t product = src[i + c] * alpha + 128;
            dst[i + c] = (uint8_t)((product + (product >> 8)) >> 8);
        }
        dst[i + 3] = (uint8_t)alpha;
    }
}

void cvk_unpremultiply(uint8_t *rgba, size_t pixels) {
    for (size_t i = 0; i < pixels * 4; i += 4) {
        uint32_t alpha = rgba[i + 3];
        if (alpha == 0 || alpha == 255) continue;
        for (size_t c = 0; c < 3; c++) {
            uint32_t value = rgba[i + c] * 255u / alpha;
            rgba[i + c] = (uint8_t)(value > 255 ? 255 : value);
        }
    }
}
