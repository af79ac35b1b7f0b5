#ifndef CVK_RESIZE_H
#define CVK_RESIZE_H

#include "isa.h"
#include <stddef.h>
#include <stdint.h>

// Resampling of 8-bit images along one axis, with 22-bit fixed-point weights, as Pillow's.
//
// A weight w (22 fraction bits) is stored as two 16-bit halves, w = high · 4096 + low, so that the vector code can
// multiply and add in pairs (16 × 16 → 32 bits) and still compute the exact sum of the 32-bit products.
// Weights come in groups of four taps: four highs, then four lows; taps past the end have weight 0.
//
// Every result is clamp((Σ weight · sample + 2^21) >> 22, 0, 255), the same under every instruction set.

/// The input samples and the weights of one output sample.
typedef struct {
    int32_t start;   // first input sample
    int32_t count;   // number of taps, at least 1
    int32_t groups;  // index of the first group of weights
} cvk_taps;

/// Horizontal pass: dst[y][x] = Σ over i of weight[i] · src[y][taps[x].start + i], for each of `channels` (3 or 4).
///
/// src: rows × src_width × channels samples, rows src_stride bytes apart. dst: rows × dst_width × channels samples,
/// rows dst_stride bytes apart. taps: dst_width elements.
void cvk_resize_rows(cvk_isa isa, const uint8_t *src, size_t src_stride, int32_t src_width, uint8_t *dst,
                     size_t dst_stride, int32_t dst_width, int32_t rows, int32_t channels, const cvk_taps *taps,
                     const int16_t *weights);

/// Vertical pass: one output row of `bytes` samples from `count` input rows, `stride` bytes apart, each with its
/// weight.
void cvk_resize_column(cvk_isa isa, const uint8_t *src, size_t stride, int32_t count, const int16_t *weights,
                       uint8_t *dst, size_t bytes);

/// RGBA with straight alpha to premultiplied alpha: color · alpha / 255, rounded. src, dst: pixels × 4; dst may be src.
void cvk_premultiply(const uint8_t *src, uint8_t *dst, size_t pixels);

/// The inverse, in place: color · 255 / alpha, clamped to 255; pixels of alpha 0 and 255 are unchanged.
void cvk_unpremultiply(uint8_t *rgba, size_t pixels);

#endif
