#include "blocked_winograd.h"

#include <stdbool.h>

#include "dispatch.h"

/// The pixels of a row of a strip, outside of the plane: up to 6 · 64 + 2 · 16 floats, see the .inc.
static const float winograd_zeros[416];

// The rows of G between the first and the last, one of each pair (a, ±b, c): row i is (1, x, x²) / Π (x - x'), x and x' the
// points, with the signs and scales of Bᵀ and Aᵀ in the .inc.
static const double winograd_g4[2][3] = {
    {-2048.0 / 2975, -1280.0 / 2975, -800.0 / 2975},
    {128.0 / 1071, 192.0 / 1071, 288.0 / 1071},
};
static const double winograd_g6[3][3] = {
    {-2.0 / 9, -2.0 / 9, -2.0 / 9},
    {1.0 / 90, 2.0 / 90, 4.0 / 90},
    {4.0 / 180, 2.0 / 180, 1.0 / 180},
};

#define VARIANTS "blocked_winograd.inc"
#include "blocked_variants.inc"

size_t cvk_blocked_lanes(cvk_isa isa) {
    return isa == CVK_AVX512 ? 16 : isa == CVK_AVX2 ? 8 : 4;
}

void cvk_blocked_winograd_input(cvk_isa isa, size_t m, const cvk_blocked_plane *plane, size_t tiles_x,
                                ptrdiff_t pad_top, ptrdiff_t pad_left, size_t first, size_t count, float *v,
                                size_t stride) {
    DISPATCH(blocked_winograd_input, m, plane, tiles_x, pad_top, pad_left, first, count, v, stride)
}

void cvk_blocked_winograd_output(cvk_isa isa, size_t m, const float *products, size_t stride, size_t tiles_x,
                                 size_t first, size_t count, const cvk_blocked_epilogue *epilogue, float *y,
                                 size_t rows, size_t columns, size_t pitch) {
    DISPATCH(blocked_winograd_output, m, products, stride, tiles_x, first, count, epilogue, y, rows, columns, pitch)
}

void cvk_blocked_winograd_filters(cvk_isa isa, size_t m, const float *taps, size_t channels, const float *scale,
                                  float *u, size_t stride, size_t step) {
    DISPATCH(blocked_winograd_filters, m, taps, channels, scale, u, stride, step)
}
