#ifndef CVK_RESIZE_INTERNAL_H
#define CVK_RESIZE_INTERNAL_H

#include "include/resize.h"

enum {
    CVK_WEIGHT_BITS = 22,  // fraction bits of a weight
    CVK_LOW_BITS = 12,     // of which these are in the low half
    CVK_GROUP = 4,         // taps in a group of weights
};

/// Weight of tap `i`, combined from its halves.
static inline int32_t cvk_weight(const int16_t *weights, int32_t i) {
    const int16_t *group = weights + (i / CVK_GROUP) * 2 * CVK_GROUP;
    int32_t lane = i % CVK_GROUP;
    return group[lane] * (1 << CVK_LOW_BITS) + group[CVK_GROUP + lane];
}

/// The sample of a sum that already includes the rounding term, clamped to 0 … 255.
static inline uint8_t cvk_clamp_sample(int32_t sum) {
    int32_t value = sum >> CVK_WEIGHT_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/// Output pixels from ..< to of one row: the scalar reference implementation, also for the right edge of the vector
/// code.
static inline void cvk_resize_pixels(const uint8_t *src, uint8_t *dst, int32_t from, int32_t to, int32_t channels,
                                     const cvk_taps *taps, const int16_t *weights) {
    for (int32_t x = from; x < to; x++) {
        const int16_t *w = weights + (ptrdiff_t)taps[x].groups * 2 * CVK_GROUP;
        const uint8_t *in = src + (ptrdiff_t)taps[x].start * channels;
        for (int32_t c = 0; c < channels; c++) {
            int32_t sum = 1 << (CVK_WEIGHT_BITS - 1);
            for (int32_t i = 0; i < taps[x].count; i++)
                sum += cvk_weight(w, i) * in[(ptrdiff_t)i * channels + c];
            dst[(ptrdiff_t)x * channels + c] = cvk_clamp_sample(sum);
        }
    }
}

/// Samples from ..< to of one output row.
static inline void cvk_resize_samples(const uint8_t *src, size_t stride, int32_t count, const int16_t *weights,
                                      uint8_t *dst, size_t from, size_t to) {
    for (size_t x = from; x < to; x++) {
        int32_t sum = 1 << (CVK_WEIGHT_BITS - 1);
        for (int32_t i = 0; i < count; i++) sum += cvk_weight(weights, i) * src[(size_t)i * stride + x];
        dst[x] = cvk_clamp_sample(sum);
    }
}

#if defined(__x86_64__)
void cvk_resize_rows_avx2(const uint8_t *src, size_t src_stride, int32_t src_width, uint8_t *dst, size_t dst_stride,
                          int32_t dst_width, int32_t rows, int32_t channels, const cvk_taps *taps,
                          const int16_t *weights);
void cvk_resize_column_avx2(const uint8_t *src, size_t stride, int32_t count, const int16_t *weights, uint8_t *dst,
                            size_t bytes);
#endif

#endif
