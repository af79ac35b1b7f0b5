#ifndef CVK_BLOCKED_LAYOUT_H
#define CVK_BLOCKED_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "blocked.h"
#include "isa.h"

// Conversions to and from the blocked layout, and operations on one channel block of it. Outputs have `y_pitch` floats
// from row to row.

/// Packs planes into one channel block: y[r · y_pitch + c · LANES + l] = x[l · plane_stride + r · columns + c].
///
/// channels: planes of this block, 1 … LANES; the channels after them are zeros.
void cvk_blocked_from_planar(cvk_isa isa, const float *x, size_t plane_stride, size_t channels, size_t rows,
                             size_t columns, float *y, size_t y_pitch);

/// The inverse of `cvk_blocked_from_planar`: writes the first `channels` channels of the block, rows × columns each.
void cvk_blocked_to_planar(cvk_isa isa, const cvk_blocked_plane *x, size_t channels, float *y, size_t plane_stride);

/// Zeros around the plane: `top` rows above, `bottom` rows below, `left` and `right` pixels on the sides of each row.
///
/// pixels: pixel (0, 0) of the plane, which has `rows` × `columns` pixels, `pitch` floats from row to row. The rows
/// above and below are zeroed from `left` pixels before to `right` pixels after the plane.
void cvk_blocked_zero_border(cvk_isa isa, float *pixels, size_t rows, size_t columns, size_t pitch, size_t top,
                             size_t bottom, size_t left, size_t right);

/// y = a + b, clamped to low … high; NaN where the sum is NaN or infinite. a, b: planes of the same size. y may be either of them.
void cvk_blocked_add(cvk_isa isa, const cvk_blocked_plane *a, const cvk_blocked_plane *b, float low, float high,
                     float *y, size_t y_pitch);

/// y = x · scale + shift for each channel. scale: LANES floats. shift: LANES floats, or NULL for none. y may be x.
void cvk_blocked_scale(cvk_isa isa, const cvk_blocked_plane *x, const float *scale, const float *shift, float *y,
                       size_t y_pitch);

/// Rows `row_start ..< row_end` of a resized block: y(r, c) = x(row_of[r], column_of[c]).
///
/// row_of: an element for each row of the output, whatever `row_start` is. column_of: out_columns elements. y: the
/// output from row `row_start`, column 0 on.
void cvk_blocked_resize_nearest(cvk_isa isa, const cvk_blocked_plane *x, size_t out_columns, size_t row_start,
                                size_t row_end, const int32_t *row_of, const int32_t *column_of, float *y,
                                size_t y_pitch);

/// Rows `row_start ..< row_end` of a resized block, each pixel of it from two rows and two columns of the plane:
/// y(r, c) = v0 · (h0 · x(i0, j0) + h1 · x(i0, j1)) + v1 · (h0 · x(i1, j0) + h1 · x(i1, j1)) with (i0, i1) from `rows`,
/// (v0, v1) from `row_weights`, (j0, j1) from `columns` and (h0, h1) from `column_weights`.
///
/// rows, row_weights: a pair for each row of the output, whatever `row_start` is. columns, column_weights: a pair for
/// each column of the output. y: the output from row `row_start`, column 0 on.
void cvk_blocked_resize_bilinear(cvk_isa isa, const cvk_blocked_plane *x, size_t row_start, size_t row_end,
                                 size_t out_columns, const int32_t *rows, const float *row_weights,
                                 const int32_t *columns, const float *column_weights, float *y, size_t y_pitch);

#endif
