#ifndef CVK_NORMALIZATION_H
#define CVK_NORMALIZATION_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

/// What a normalisation makes of one channel: y = scale · x + shift (+ residual), and max(y, 0) where `relu` is set.
typedef struct {
    float scale, shift;
    bool relu;
} cvk_normalization;

/// residual: NULL for none. y may be x.
void cvk_normalize(cvk_isa isa, cvk_normalization channel, const float *x, const float *residual, float *y,
                   size_t count);

/// Adds Σ g and Σ g · (x - mean) to sums[0] and sums[1]: g is dy, but 0 where the maximum took the zero.
void cvk_normalize_sums(cvk_isa isa, cvk_normalization channel, const float *x, float mean, const float *dy,
                        double sums[2], size_t count);

/// dx = a · g + b · x + c, with g as above.
void cvk_normalize_gradient(cvk_isa isa, cvk_normalization channel, float a, float b, float c, const float *x,
                            const float *dy, float *dx, size_t count);

#endif
