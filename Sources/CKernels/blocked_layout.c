#include "blocked_layout.h"

#include <string.h>

#define VARIANTS "blocked_layout.inc"
#include "blocked_variants.inc"

#include "dispatch.h"

void cvk_blocked_from_planar(cvk_isa isa, const float *x, size_t plane_stride, size_t channels, size_t rows,
                             size_t columns, float *y, size_t y_pitch) {
    DISPATCH(from_planar, x, plane_stride, channels, rows, columns, y, y_pitch)
}

void cvk_blocked_to_planar(cvk_isa isa, const cvk_blocked_plane *x, size_t channels, float *y, size_t plane_stride) {
    DISPATCH(to_planar, x, channels, y, plane_stride)
}

void cvk_blocked_zero_border(cvk_isa isa, float *pixels, size_t rows, size_t columns, size_t pitch, size_t top,
                             size_t bottom, size_t left, size_t right) {
    const size_t lanes = cvk_blocked_lanes(isa), before = left * lanes, inside = columns * lanes, after = right * lanes;
    const size_t all = (before + inside + after) * sizeof(float);
    float *from = pixels - before;
    for (size_t r = 1; r <= top; r++) memset(from - r * pitch, 0, all);
    for (size_t r = 0; r < rows; r++) {
        memset(from + r * pitch, 0, before * sizeof(float));
        memset(pixels + r * pitch + inside, 0, after * sizeof(float));
    }
    for (size_t r = rows; r < rows + bottom; r++) memset(from + r * pitch, 0, all);
}

void cvk_blocked_add(cvk_isa isa, const cvk_blocked_plane *a, const cvk_blocked_plane *b, float low, float high,
                     float *y, size_t y_pitch) {
    DISPATCH(blocked_add, a, b, low, high, y, y_pitch)
}

void cvk_blocked_scale(cvk_isa isa, const cvk_blocked_plane *x, const float *scale, const float *shift, float *y,
                       size_t y_pitch) {
    DISPATCH(blocked_scale, x, scale, shift, y, y_pitch)
}

void cvk_blocked_resize_nearest(cvk_isa isa, const cvk_blocked_plane *x, size_t out_columns, size_t row_start,
                                size_t row_end, const int32_t *row_of, const int32_t *column_of, float *y,
                                size_t y_pitch) {
    DISPATCH(resize_nearest, x, out_columns, row_start, row_end, row_of, column_of, y, y_pitch)
}

void cvk_blocked_resize_bilinear(cvk_isa isa, const cvk_blocked_plane *x, size_t row_start, size_t row_end,
                                 size_t out_columns, const int32_t *rows, const float *row_weights,
                                 const int32_t *columns, const float *column_weights, float *y, size_t y_pitch) {
    DISPATCH(resize_bilinear, x, row_start, row_end, out_columns, rows, row_weights, columns, column_weights, y,
             y_pitch)
}
