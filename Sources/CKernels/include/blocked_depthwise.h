#ifndef CVK_BLOCKED_DEPTHWISE_H
#define CVK_BLOCKED_DEPTHWISE_H

#include <stddef.h>

#include "blocked.h"
#include "isa.h"

/// Depthwise convolution of one channel block of the blocked layout, output rows `row_start ..< row_end`: the input
/// under tap (i, j) of output pixel (r, c) is pixel (r · stride_y + i · dilation_y - pad_top, c · stride_x +
/// j · dilation_x - pad_left) of the plane.
///
/// Pixels outside the plane are zeros; they are skipped, so that the plane needs no border. Each output is a chain of
/// multiply-adds that starts from the bias and takes the taps inside the plane row by row. It does not depend on
/// `row_start`, so that the rows can be split between threads.
///
/// weights: kernel_height × kernel_width × LANES. epilogue: bias, residual of the whole output (its row r belongs to
/// output row r) and clamp. y: the output from row `row_start`, column 0 on, `y_pitch` floats from row to row; it may
/// be where the residual is, but must not overlap the input.
void cvk_blocked_depthwise(cvk_isa isa, const cvk_blocked_plane *x, size_t kernel_height, size_t kernel_width,
                           size_t stride_y, size_t stride_x, size_t dilation_y, size_t dilation_x, ptrdiff_t pad_top,
                           ptrdiff_t pad_left, const float *weights, const cvk_blocked_epilogue *epilogue,
                           size_t row_start, size_t row_end, float *y, size_t y_pitch, size_t output_columns);

#endif
