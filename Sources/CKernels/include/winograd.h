#ifndef CVK_WINOGRAD_H
#define CVK_WINOGRAD_H

#include <stddef.h>

#include "isa.h"

// Winograd's minimal filtering F(4×4, 3×3) (Lavin & Gray 2015, arXiv:1509.09308): a tile of 4×4 outputs of a 3×3
// convolution from a tile of 6×6 inputs, with 36 multiplications instead of 144:
//
//     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// The products ⊙, summed over channels, are 36 matrix products, one for each place ξ of the transformed tile.
// Each transform is an array of 36 planes, `stride` floats apart.

/// Bᵀ d B for `lines` rows of tiles of one plane: tile t of row k begins at pixel (4 · t - pad, first + 4 · k).
///
/// Outside the plane is 0. Writes v[ξ · stride + k · tiles + t]; whole vectors, so up to 16 floats past the last tile
/// of each ξ. scratch: for 24 · ((lines + 1) · tiles + 32) + 4 · (tiles + 1) floats.
void cvk_winograd_input(cvk_isa isa, const float *plane, size_t rows, size_t columns, ptrdiff_t first, size_t pad,
                        size_t tiles, size_t lines, float *v, size_t stride, float *scratch);

/// G g Gᵀ for a run of filters: taps[tap · tap_stride + i] is the tap of filter i. Writes u[ξ · stride + i]. A negative
/// tap_stride reads the taps in reverse.
void cvk_winograd_filter(cvk_isa isa, const float *taps, ptrdiff_t tap_stride, size_t count, float *u, size_t stride);

/// Aᵀ m A for a run of tiles: row i of tile t to the four floats from tile[i · tile_stride + 4 · t]. Whole vectors of
/// tiles are read and written.
void cvk_winograd_output(cvk_isa isa, const float *m, size_t stride, size_t count, float *tile, size_t tile_stride);

// The gradient with respect to g, being the sum over tiles of Gᵀ [ (A dY Aᵀ) ⊙ (Bᵀ d B) ] G:

/// A dY Aᵀ for a row of tiles and `width` channels side by side: dy holds 4 rows of 4 · tiles pixels of `width` floats.
/// Writes w[ξ · stride + t · width + i]. width: a multiple of the vector's length.
void cvk_winograd_gradient(cvk_isa isa, const float *dy, size_t tiles, size_t width, float *w, size_t stride);

/// Gᵀ u G for a run of filters: the opposite of `cvk_winograd_filter`. Whole vectors of filters are
/// read and written.
void cvk_winograd_filter_gradient(cvk_isa isa, const float *u, size_t stride, size_t count, float *taps,
                                  size_t tap_stride);

#endif
