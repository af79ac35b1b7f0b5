#ifndef CVK_GEMM_H
#define CVK_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

/// Columns of a strip at most: three vectors. Also the width of a panel that `cvk_pack_windows` lays out for it.
size_t cvk_panel_width(cvk_isa isa);

/// Matrix product of rows that lie anywhere, for one strip of columns: C = A · B, or C += A · B, float32.
///
/// Row i of A is the k floats from a + a_offsets[i]; row p of B the n floats from b + b_offsets[p]; c has m rows, `ldc`
/// apart. The rows of a convolution's matrix are the rows of its padded input, shifted: so it need not be laid out.
///
/// n is at most `cvk_panel_width`. Of B whole vectors are read, up to the next multiple of their length: what lies past
/// n is computed and thrown away.
///
/// Each element is one chain of k multiply-adds in order: the result does not depend on how a caller cuts m and n.
void cvk_gemm_panel(cvk_isa isa, size_t m, size_t n, size_t k, const float *a, const ptrdiff_t *a_offsets,
                    const float *b, const ptrdiff_t *b_offsets, float *c, size_t ldc, bool accumulate);

/// to[x · to_stride + y] = from[y · from_stride + x], for `rows` rows of `columns` floats.
void cvk_transpose(cvk_isa isa, const float *from, size_t from_stride, size_t rows, size_t columns, float *to,
                   size_t to_stride);

/// Planes of a picture as columns of a matrix: packed[q · width + i] is pixel q of plane i.
///
/// Takes `count` (at most `width`) planes, `stride` floats apart, of `rows` rows of `columns` pixels. Pixel (x, y) has
/// the number q = y · pitch + x; what lies between the rows, and past the last plane, is 0. Up to seven floats behind a
/// plane are read.
void cvk_pack_transposed(cvk_isa isa, const float *planes, size_t stride, size_t count, size_t rows, size_t columns,
                         size_t pitch, size_t width, float *packed);

/// Pixels of a picture that are taken together: all, or every second of every second row, …
typedef struct {
    size_t stride;                      // from one plane to the next
    size_t rows, columns;               // of pixels that are taken
    size_t row_stride, column_stride;   // from one of them to the next
} cvk_planes;

/// A plane with zeros around it, for windows that look past the border.
typedef struct {
    ptrdiff_t first;                    // the row that comes first; rows that do not exist are zeros
    size_t rows, pitch;                 // rows, and floats of each: first the pixels, then zeros
    size_t lead;                        // zeros before the first row
    size_t size, stride;                // floats of a plane, zeros behind its rows; and from one plane to the next
} cvk_padding;

/// Lays `count` planes out with zeros around them.
void cvk_pad_planes(const cvk_planes *planes, const float *pixels, size_t count, const cvk_padding *padding,
                    float *padded);

/// Rows of `width` floats that lie `pitch` apart, one after the other.
void cvk_copy_rows(const float *from, size_t pitch, size_t width, size_t rows, float *to);

/// Rows of `width` floats that lie `pitch` apart, to rows that lie `row_stride` apart, with `column_stride` from one
/// float to the next.
void cvk_spread_rows(const float *from, size_t pitch, size_t width, size_t rows, float *to, size_t row_stride,
                     size_t column_stride);

#endif
