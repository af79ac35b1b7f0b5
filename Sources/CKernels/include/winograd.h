#ifndef CVK_WINOGRAD_H
#define CVK_WINOGRAD_H

#include <stddef.h>

#include "isa.h"

// Winograd's minimal filtering F(4×4, 3×3) (Lavin & Gray 2015, arXiv:1509.09308): a tile of 4×4 outputs of a 3×3
// convolution from a tile of 6×6 inputs, with 36 multiplications instead of 144:
//
//     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// The products ⊙, summed over channels, are 36 GEMMs, one for each position ξ of the transformed tile.
// Each transform is stored as 36 planes, `stride` floats apart.

/// Input transform Bᵀ d B of `lines` rows of `tiles` tiles of one plane: tile t of line k starts at pixel
/// (4 · t - pad, first + 4 · k).
///
/// plane: rows × columns, 0 outside. Writes v[ξ · stride + k · tiles + t] in whole vectors, so up to 16 floats past the
/// last tile of each ξ. scratch: 24 · ((lines + 1) · tiles + 32) + 4 · (tiles + 8) floats.
void cvk_winograd_input(cvk_isa isa, const float *plane, size_t rows, size_t columns, ptrdiff_t first, size_t pad,
                        size_t tiles, size_t lines, float *v, size_t stride, float *scratch);

/// Filter transform G g Gᵀ of `count` filters: taps[tap · tap_stride + i] is tap 0 … 8 of filter i. Writes
/// u[ξ · stride + i]. A negative tap_stride flips the filters.
void cvk_winograd_filter(cvk_isa isa, const float *taps, ptrdiff_t tap_stride, size_t count, float *u, size_t stride);

/// Output transform Aᵀ m A of `count` tiles, m[ξ · stride + t]: row i of tile t goes to the four floats from
/// tile[i · tile_stride + 4 · t]. Tiles are read and written in whole vectors.
void cvk_winograd_output(cvk_isa isa, const float *m, size_t stride, size_t count, float *tile, size_t tile_stride);

// The gradient with respect to g is the sum over tiles of Gᵀ [ (A dY Aᵀ) ⊙ (Bᵀ d B) ] G:

/// Transform A dY Aᵀ of one row of `tiles` tiles. dy: 4 rows × 4 · tiles pixels × width channels. Writes
/// w[ξ · stride + t · width + i]. width: a multiple of the vector length.
void cvk_winograd_gradient(cvk_isa isa, const float *dy, size_t tiles, size_t width, float *w, size_t stride);

/// Transform Gᵀ u G of `count` filters, the adjoint of `cvk_winograd_filter`: reads u[ξ · stride + i], writes
/// taps[tap · tap_stride + i]. Filters are read and written in whole vectors.
void cvk_winograd_filter_gradient(cvk_isa isa, const float *u, size_t stride, size_t count, float *taps,
                                  size_t tap_stride);

#endif
