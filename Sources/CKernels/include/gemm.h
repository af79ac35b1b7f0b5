#ifndef CVK_GEMM_H
#define CVK_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

/// Columns of a panel: three vectors of the instruction set. The packing functions fill panels of this width.
size_t cvk_panel_width(cvk_isa isa);

/// GEMM with indirect rows, for one panel of columns: C = A · B, or C += A · B if `accumulate`.
///
/// Row i of A (m × k) is the k floats from a + a_offsets[i]; row p of B (k × n) is the n floats from b + b_offsets[p].
/// The rows of an im2col matrix are shifted rows of the padded input, so a convolution need not materialize it.
/// C (m × n) has a row stride of `ldc`.
///
/// n is at most `cvk_panel_width`. B is read in whole vectors, up to the next multiple of their length; what lies past
/// n is discarded.
///
/// Each element is one chain of k multiply-adds in order: the result does not depend on the tiling of m and n.
void cvk_gemm_panel(cvk_isa isa, size_t m, size_t n, size_t k, const float *a, const ptrdiff_t *a_offsets,
                    const float *b, const ptrdiff_t *b_offsets, float *c, size_t ldc, bool accumulate);

/// Transposes a rows × columns matrix: to[x · to_stride + y] = from[y · from_stride + x].
void cvk_transpose(cvk_isa isa, const float *from, size_t from_stride, size_t rows, size_t columns, float *to,
                   size_t to_stride);

/// Packs planes as the columns of a panel: packed[q · width + i] is pixel q of plane i.
///
/// planes: `count` (at most `width`) planes of rows × columns pixels, `stride` floats apart. Pixel (x, y) has the index
/// q = y · pitch + x; the gaps between rows and the columns past the last plane are 0. Up to seven floats past the end
/// of a plane are read. packed: rows · pitch × width.
void cvk_pack_transposed(cvk_isa isa, const float *planes, size_t stride, size_t count, size_t rows, size_t columns,
                         size_t pitch, size_t width, float *packed);

/// A strided view of the planes of an image: all pixels, or every second one of every second row, …
typedef struct {
    size_t stride;                      // floats from one plane to the next
    size_t rows, columns;               // pixels of the view
    size_t row_stride, column_stride;   // floats from one of them to the next
} cvk_planes;

/// The layout of a zero-padded plane.
typedef struct {
    ptrdiff_t first;                    // source row of the first row; rows outside the plane are zeros
    size_t rows, pitch;                 // rows, and floats of each: the pixels, then zeros
    size_t lead;                        // zeros before the first row
    size_t size, stride;                // floats of a plane, zeros after its rows; floats from one plane to the next
} cvk_padding;

/// Copies `count` planes into a zero-padded layout.
///
/// pixels: read through the view `planes`. padded: `padding->size` floats for each plane, `padding->stride` apart.
void cvk_pad_planes(const cvk_planes *planes, const float *pixels, size_t count, const cvk_padding *padding,
                    float *padded);

/// Copies `rows` rows of `width` floats, `pitch` floats apart, to contiguous rows: to is rows × width.
void cvk_copy_rows(const float *from, size_t pitch, size_t width, size_t rows, float *to);

/// Scatters `rows` rows of `width` floats, `pitch` floats apart, to rows `row_stride` floats apart whose elements are
/// `column_stride` floats apart.
void cvk_spread_rows(const float *from, size_t pitch, size_t width, size_t rows, float *to, size_t row_stride,
                     size_t column_stride);

#endif
