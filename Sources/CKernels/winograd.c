#include "winograd.h"

#include "small_copy.h"

typedef float winograd_vector4 __attribute__((ext_vector_type(4), aligned(4)));

#define VECTOR float
#define LANES 1
#define NAME(x) x##_scalar
#include "winograd.inc"
#undef VECTOR
#undef LANES
#undef NAME

#define VARIANTS "winograd.inc"
#include "variants.inc"

#include "dispatch.h"

void cvk_winograd_input(cvk_isa isa, const float *plane, size_t rows, size_t columns, ptrdiff_t first, size_t pad,
                        size_t tiles, size_t lines, float *v, size_t stride, float *scratch) {
    DISPATCH(winograd_input, plane, rows, columns, first, pad, tiles, lines, v, stride, scratch)
}

void cvk_winograd_filter(cvk_isa isa, const float *taps, ptrdiff_t tap_stride, size_t count, float *u, size_t stride) {
    DISPATCH(winograd_filter, taps, tap_stride, count, u, stride)
}

void cvk_winograd_output(cvk_isa isa, const float *m, size_t stride, size_t count, float *tile, size_t tile_stride) {
    DISPATCH(winograd_output, m, stride, count, tile, tile_stride)
}

void cvk_winograd_gradient(cvk_isa isa, const float *dy, size_t tiles, size_t width, float *w, size_t stride) {
    DISPATCH(winograd_gradient, dy, tiles, width, w, stride)
}

void cvk_winograd_filter_gradient(cvk_isa isa, const float *u, size_t stride, size_t count, float *taps,
                                  size_t tap_stride) {
    DISPATCH(winograd_filter_gradient, u, stride, count, taps, tap_stride)
}
