#ifndef CVK_POOLING_H
#define CVK_POOLING_H

#include "convolution.h"
#include "isa.h"

/// Largest value under each window of one plane; the padding counts as -infinity, NaN as larger than all.
///
/// `line` is scratch for `width` floats. Plain C that the compiler turns into vectors: no twin is needed.
void cvk_max_pool(const cvk_window *window, const float *plane, float *output, float *line);

/// Gradient of the largest value: dx is the sum of the elements of dy in whose windows a pixel was the first of the
/// largest.
void cvk_max_pool_gradient(cvk_isa isa, const cvk_window *window, const float *plane, const float *dy, float *dx);

#endif
