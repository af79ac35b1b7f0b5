#ifndef CVK_POOLING_H
#define CVK_POOLING_H

#include "im2col.h"
#include "isa.h"

/// Floats of scratch that `cvk_max_pool` and `cvk_max_pool_gradient` need.
size_t cvk_max_pool_scratch(const cvk_window *window);

/// Max pooling of one plane, as torch.nn.functional.max_pool2d: the padding counts as -infinity, NaN is greater than
/// all.
///
/// plane: height × width. output: output_height × output_width. `channels` of the window is ignored.
void cvk_max_pool(cvk_isa isa, const cvk_window *window, const float *plane, float *output, float *scratch);

/// Gradient of max pooling: each element of dy is added at the argmax of its window, the first of equal ones. The terms
/// of a pixel are added in the order of the windows.
///
/// plane, dx: height × width; dx is overwritten. dy: output_height × output_width.
void cvk_max_pool_gradient(cvk_isa isa, const cvk_window *window, const float *plane, const float *dy, float *dx,
                           float *scratch);

#endif
