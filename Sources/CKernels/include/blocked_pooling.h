#ifndef CVK_BLOCKED_POOLING_H
#define CVK_BLOCKED_POOLING_H

#include <stddef.h>
#include <stdint.h>

#include "blocked.h"
#include "isa.h"

/// Max pooling of one channel block of the blocked layout, output rows `row_start ..< row_end`, as
/// torch.nn.functional.max_pool2d: pixels outside the plane count as -infinity, NaN is greater than all.
///
/// Window (r, c) begins at pixel (r · stride_y - pad_top, c · stride_x - pad_left). A window that is all padding gives
/// -infinity; of zeros of both signs either may win. y: the output from row `row_start`, column 0 on, `y_pitch` floats
/// from row to row; it must not overlap the input.
void cvk_blocked_max_pool(cvk_isa isa, const cvk_blocked_plane *x, size_t kernel_height, size_t kernel_width,
                          size_t stride_y, size_t stride_x, ptrdiff_t pad_top, ptrdiff_t pad_left, size_t row_start,
                          size_t row_end, float *y, size_t y_pitch, size_t output_columns);

/// Average pooling of one channel block over windows of any size, output rows `row_start ..< row_end`:
/// y(r, c) = Σ of the pixels of the window / (row_divisors[r] · column_divisors[c]).
///
/// The tables hold what differs between ceil mode, padding that counts or not, and adaptive pooling: window (r, c) is
/// the pixels of rows row_bounds[2 · r] ..< row_bounds[2 · r + 1] and columns column_bounds[2 · c] ..<
/// column_bounds[2 · c + 1], which are inside the plane; an empty window gives 0 / divisor. All rows of the output are
/// in the tables, whatever `row_start` is. The pixels are summed row by row.
///
/// y: the output from row `row_start`, column 0 on, `y_pitch` floats from row to row.
void cvk_blocked_average_pool(cvk_isa isa, const cvk_blocked_plane *x, const int32_t *row_bounds,
                              const float *row_divisors, const int32_t *column_bounds, const float *column_divisors,
                              size_t row_start, size_t row_end, float *y, size_t y_pitch, size_t output_columns);

/// The mean of all pixels of one channel block. The order of the sum depends only on the rows and columns of the plane.
///
/// y: LANES floats.
void cvk_blocked_mean(cvk_isa isa, const cvk_blocked_plane *x, float *y);

#endif
