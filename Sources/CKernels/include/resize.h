#ifndef CVK_RESIZE_H
#define CVK_RESIZE_H

#include "isa.h"
#include <stddef.h>
#include <stdint.h>

/// Resampling of 8-bit pictures along one axis, with 22-bit fixed-point weights.
///
/// A weight w (22 bits of fraction) is stored as two 16-bit halves, w = high · 4096 + low, so that the vector
/// code can multiply and add in pairs (16 × 16 → 32 bits) and yet give the very sum of the 32-bit weights.
/// Weights come in groups of four taps: four highs, then four lows; taps past the end have weight 0.
///
/// Every result is clip(0, 255, (Σ weight · sample + 2^21) >> 22), the same under every instruction set.

/// Where one output sample takes its input from, and with what weights.
typedef struct {
    int32_t start;   // first input sample
    int32_t count;   // number of taps, at least 1
    int32_t groups;  // index of its first group of weights
} cvk_taps;

/// Along rows: dst[y][x] = Σ weight · src[y][taps[x].start + i], for each of `channels` (3 or 4) samples.
///
/// src: rows × src_width × channels, rows src_stride bytes apart. dst: rows × dst_width × channels, likewise.
void cvk_resize_rows(cvk_isa isa, const uint8_t *src, size_t src_stride, int32_t src_width, uint8_t *dst,
                     size_t dst_stride, int32_t dst_width, int32_t rows, int32_t channels, const cvk_taps *taps,
                     const int16_t *weights);

/// Across rows: one output row of `bytes` samples from `count` input rows, `stride` bytes apart.
void cvk_resize_column(cvk_isa isa, const uint8_t *src, size_t stride, int32_t count, const int16_t *weights,
                       uint8_t *dst, size_t bytes);

/// RGBA with straight alpha to colours multiplied by alpha / 255, rounded. `dst` may be `src`.
void cvk_premultiply(const uint8_t *src, uint8_t *dst, size_t pixels);

/// The inverse, in place: colour · 255 / alpha, cut to 255; pixels of alpha 0 and 255 stay as they are.
void cvk_unpremultiply(uint8_t *rgba, size_t pixels);

#endif
