#ifndef CVK_BLOCKED_WINOGRAD_H
#define CVK_BLOCKED_WINOGRAD_H

#include <stddef.h>

#include "blocked.h"
#include "isa.h"

// Winograd's minimal filtering F(m×m, 3×3) for the channel-blocked layout: a tile of m×m outputs of a 3×3 convolution
// from a tile of n×n inputs, n = m + 2, with n² instead of 9 · m² multiplications; m is 4 or 6. See `winograd.h`.
//
// Position ξ of a transformed tile is its row · n + its column, for all three transforms. Tile t is the tile
// (t / tiles_x, t % tiles_x) of the plane, and one vector of each ξ.
//
// The n² positions are `stride` floats apart. They should not be a multiple of 4 KiB apart: all positions of a tile
// would compete for the same few cache lines.

/// Input transform Bᵀ d B of `count` tiles of one channel block, from tile `first` on: writes the vectors
/// v[ξ · stride + (t - first) · LANES].
///
/// Tile t covers the n rows from (t / tiles_x) · m - pad_top on, and the n columns from (t % tiles_x) · m - pad_left
/// on. Pixels outside of the plane are 0.
void cvk_blocked_winograd_input(cvk_isa isa, size_t m, const cvk_blocked_plane *plane, size_t tiles_x,
                                ptrdiff_t pad_top, ptrdiff_t pad_left, size_t first, size_t count, float *v,
                                size_t stride);

/// Output transform Aᵀ p A of `count` tiles of one channel block, from tile `first` on, and the epilogue: reads the
/// vectors products[ξ · stride + (t - first) · LANES].
///
/// Tile t covers the m rows from (t / tiles_x) · m on, and the m columns from (t % tiles_x) · m on, of y: rows ×
/// columns vectors, `pitch` floats from a row to the next. What is outside is not stored. y may be the residual.
void cvk_blocked_winograd_output(cvk_isa isa, size_t m, const float *products, size_t stride, size_t tiles_x,
                                 size_t first, size_t count, const cvk_blocked_epilogue *epilogue, float *y,
                                 size_t rows, size_t columns, size_t pitch);

/// Filter transform G g Gᵀ of LANES filters for `channels` input channels, in double precision: writes the vectors
/// u[ξ · stride + channel · step]. taps: [channels][3 · 3][LANES]. scale: LANES factors of the filters, or NULL for 1.
void cvk_blocked_winograd_filters(cvk_isa isa, size_t m, const float *taps, size_t channels, const float *scale,
                                  float *u, size_t stride, size_t step);

#endif
