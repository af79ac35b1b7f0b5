#ifndef CVK_POOLING_H
#define CVK_POOLING_H

#include "im2col.h"
#include "isa.h"

/// Floats of scratch that pooling takes, forward or backward.
size_t cvk_max_pool_scratch(const cvk_window *window);

/// Largest value under each window of one plane; the padding counts as -infinity, NaN as larger than all.
void cvk_max_pool(cvk_isa isa, const cvk_window *window, const float *plane, float *output, float *scratch);

/// Gradient of the largest value: dx is the sum of the elements of dy in whose windows a pixel was the first of the
/// largest. A pixel's sum is in the order of the windows.
void cvk_max_pool_gradient(cvk_isa isa, const cvk_window *window, const float *plane, const float *dy, float *dx,
                           float *scratch);

#endif
