#ifndef CVK_NORMALIZATION_H
#define CVK_NORMALIZATION_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

/// The normalization of one channel: y = scale · x + shift (+ residual), followed by max(y, 0) if `relu`.
typedef struct {
    float scale, shift;
    bool relu;
} cvk_normalization;

/// Normalizes `count` elements of one channel. residual: `count` floats, or NULL. y may be x.
void cvk_normalize(cvk_isa isa, cvk_normalization channel, const float *x, const float *residual, float *y,
                   size_t count);

/// Adds Σ g to sums[0] and Σ g · (x - mean) to sums[1], where g is dy, or 0 where the ReLU clamps. Without residual.
void cvk_normalize_sums(cvk_isa isa, cvk_normalization channel, const float *x, float mean, const float *dy,
                        double sums[2], size_t count);

/// Gradient with respect to x: dx = a · g + b · x + c, with g as in `cvk_normalize_sums`. `count` elements each.
void cvk_normalize_gradient(cvk_isa isa, cvk_normalization channel, float a, float b, float c, const float *x,
                            const float *dy, float *dx, size_t count);

#endif
