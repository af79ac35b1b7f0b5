#include "blocked_pooling.h"

#include <math.h>

/// The rows of the windows of one output row that are inside the plane, and what belongs to that output row.
typedef struct {
    const float *pixels;  // column 0 of the first row
    size_t pitch, rows;
    size_t columns;       // of the input
    float *y;             // column 0 of the output row
} pool_row;

/// What all rows share along a row.
typedef struct {
    size_t kernel, stride;  // horizontal
    ptrdiff_t pad;
    size_t output_columns;
} pool_axis;

#define VARIANTS "blocked_pooling.inc"
#include "blocked_variants.inc"

#include "dispatch.h"

static void max_pool_line(cvk_isa isa, const pool_axis *axis, const pool_row *row) {
    DISPATCH(max_pool_line, axis, row)
}

static void average_line(cvk_isa isa, const pool_row *row, float row_divisor, const int32_t *bounds,
                         const float *divisors, size_t output_columns) {
    DISPATCH(average_line, row, row_divisor, bounds, divisors, output_columns)
}

void cvk_blocked_max_pool(cvk_isa isa, const cvk_blocked_plane *x, size_t kernel_height, size_t kernel_width,
                          size_t stride_y, size_t stride_x, ptrdiff_t pad_top, ptrdiff_t pad_left, size_t row_start,
                          size_t row_end, float *y, size_t y_pitch, size_t output_columns) {
    const pool_axis axis = {kernel_width, stride_x, pad_left, output_columns};
    pool_row row = {.pitch = x->pitch, .columns = x->columns};
    for (size_t r = row_start; r < row_end; r++) {
        const ptrdiff_t top = (ptrdiff_t)(r * stride_y) - pad_top, bottom = top + (ptrdiff_t)kernel_height;
        const ptrdiff_t first = top < 0 ? 0 : top;
        const ptrdiff_t end = bottom < (ptrdiff_t)x->rows ? bottom : (ptrdiff_t)x->rows;
        row.rows = first < end ? (size_t)(end - first) : 0;
        row.pixels = x->pixels + (row.rows > 0 ? (size_t)first * x->pitch : 0);
        row.y = y + (r - row_start) * y_pitch;
        max_pool_line(isa, &axis, &row);
    }
}

void cvk_blocked_average_pool(cvk_isa isa, const cvk_blocked_plane *x, const int32_t *row_bounds,
                              const float *row_divisors, const int32_t *column_bounds, const float *column_divisors,
                              size_t row_start, size_t row_end, float *y, size_t y_pitch, size_t output_columns) {
    pool_row row = {.pitch = x->pitch, .columns = x->columns};
    for (size_t r = row_start; r < row_end; r++) {
        const int32_t first = row_bounds[2 * r], end = row_bounds[2 * r + 1];
        row.rows = first < end ? (size_t)(end - first) : 0;
        row.pixels = x->pixels + (row.rows > 0 ? (size_t)first * x->pitch : 0);
        row.y = y + (r - row_start) * y_pitch;
        average_line(isa, &row, row_divisors[r], column_bounds, column_divisors, output_columns);
    }
}

void cvk_blocked_mean(cvk_isa isa, const cvk_blocked_plane *x, float *y) { DISPATCH(blocked_mean, x, y) }
