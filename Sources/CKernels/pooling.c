#include "pooling.h"

#include <math.h>
#include <string.h>

#define VECTOR float
#define LANES 1
#define NAME(x) x##_scalar
#include "pooling.inc"
#undef VECTOR
#undef LANES
#undef NAME

#define VARIANTS "pooling.inc"
#include "variants.inc"

#include "dispatch.h"

/// The larger one; NaN if either is.
static inline float larger(float a, float b) { return b > a || b != b ? b : a; }

/// Input row under tap `tap_y` of output row y, or -1 in the padding.
static inline ptrdiff_t input_row(const cvk_window *w, size_t y, size_t tap_y) {
    const ptrdiff_t row = (ptrdiff_t)(y * w->stride_y + tap_y * w->dilation_y) - (ptrdiff_t)w->pad_top;
    return row >= 0 && row < (ptrdiff_t)w->height ? row : -1;
}

/// Input column under tap `tap_x` of output column x, or -1 in the padding.
static inline ptrdiff_t input_column(const cvk_window *w, size_t x, size_t tap_x) {
    const ptrdiff_t column = (ptrdiff_t)(x * w->stride_x + tap_x * w->dilation_x) - (ptrdiff_t)w->pad_left;
    return column >= 0 && column < (ptrdiff_t)w->width ? column : -1;
}

// A maximum is separable: first down the columns of a window for a whole row at once, then along that row.

void cvk_max_pool(const cvk_window *w, const float *plane, float *output, float *line) {
    for (size_t y = 0; y < w->output_height; y++) {
        for (size_t x = 0; x < w->width; x++) line[x] = -INFINITY;
        for (size_t tap = 0; tap < w->kernel_height; tap++) {
            const ptrdiff_t row = input_row(w, y, tap);
            if (row < 0) continue;
            const float *from = plane + (size_t)row * w->width;
            for (size_t x = 0; x < w->width; x++) line[x] = larger(line[x], from[x]);
        }
        float *to = output + y * w->output_width;
        const int halves = w->kernel_width == 2 && w->stride_x == 2 && w->pad_left == 0 && w->dilation_x == 1;
        // The usual case first, free of tests on the border, so that it runs in vectors.
        const size_t plain = halves ? (w->width / 2 < w->output_width ? w->width / 2 : w->output_width) : 0;
        for (size_t x = 0; x < plain; x++) to[x] = larger(line[2 * x], line[2 * x + 1]);
        for (size_t x = plain; x < w->output_width; x++) {
            float best = -INFINITY;
            for (size_t tap = 0; tap < w->kernel_width; tap++) {
                const ptrdiff_t column = input_column(w, x, tap);
                if (column >= 0) best = larger(best, line[column]);
            }
            to[x] = best;
        }
    }
}

/// The place of the largest of a window that lies inside the plane: of equal ones the first; of NaN the first, too.
/// `height` and `width` are constants where this is inlined, so that there are no loops and no jumps.
static inline __attribute__((always_inline)) size_t largest(const float *window, size_t row, const size_t height,
                                                            const size_t width) {
    float best = window[0];
    size_t place = 0;
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++) {
            const size_t at = y * row + x;
            const float value = window[at];
            const int wins = value > best || (value != value && best == best);
            best = wins ? value : best;
            place = wins ? at : place;
        }
    }
    return place;
}

/// The same for a window that may reach outside; -1 if all of it does.
static ptrdiff_t largest_at_border(const cvk_window *w, const float *plane, size_t y, size_t x) {
    ptrdiff_t best = -1;
    for (size_t tap_y = 0; tap_y < w->kernel_height; tap_y++) {
        const ptrdiff_t row = input_row(w, y, tap_y);
        for (size_t tap_x = 0; row >= 0 && tap_x < w->kernel_width; tap_x++) {
            const ptrdiff_t column = input_column(w, x, tap_x);
            if (column < 0) continue;
            const ptrdiff_t at = row * (ptrdiff_t)w->width + column;
            if (best < 0 || plane[at] > plane[best] || (plane[at] != plane[at] && plane[best] == plane[best]))
                best = at;
        }
    }
    return best;
}

static void quarters(cvk_isa isa, const float *top, const float *bottom, const float *dy, float *dx_top,
                     float *dx_bottom, size_t count) {
    DISPATCH(quarters, top, bottom, dy, dx_top, dx_bottom, count)
}

/// Windows of 2×2 pixels side by side, the usual case: each pixel belongs to one of them, or to none.
static void quarters_gradient(cvk_isa isa, const cvk_window *w, const float *plane, const float *dy, float *dx) {
    const size_t width = w->width, seen = 2 * w->output_width;
    for (size_t y = 0; y < w->output_height; y++, dy += w->output_width) {
        const float *top = plane + 2 * y * width;
        float *to = dx + 2 * y * width;
        quarters(isa, top, top + width, dy, to, to + width, w->output_width);
        for (size_t x = seen; x < width; x++) to[x] = to[width + x] = 0.0f;
    }
    const size_t rest = w->height - 2 * w->output_height;
    memset(dx + 2 * w->output_height * width, 0, rest * width * sizeof(float));
}

void cvk_max_pool_gradient(cvk_isa isa, const cvk_window *w, const float *plane, const float *dy, float *dx) {
    if (w->kernel_height == 2 && w->kernel_width == 2 && w->stride_y == 2 && w->stride_x == 2 && w->pad_top == 0
        && w->pad_left == 0 && w->dilation_y == 1 && w->dilation_x == 1 && 2 * w->output_height <= w->height
        && 2 * w->output_width <= w->width) {
        quarters_gradient(isa, w, plane, dy, dx);
        return;
    }
    memset(dx, 0, w->height * w->width * sizeof(float));
    const size_t side = w->kernel_height == w->kernel_width && w->dilation_x == 1 && w->dilation_y == 1
                            ? w->kernel_width : 0;
    for (size_t y = 0; y < w->output_height; y++) {
        const size_t top = y * w->stride_y;
        const int inside = (side == 2 || side == 3) && top >= w->pad_top && top - w->pad_top + side <= w->height;
        for (size_t x = 0; x < w->output_width; x++, dy++) {
            const size_t left = x * w->stride_x;
            if (inside && left >= w->pad_left && left - w->pad_left + side <= w->width) {
                const size_t corner = (top - w->pad_top) * w->width + left - w->pad_left;
                const float *window = plane + corner;
                const size_t place = side == 2 ? largest(window, w->width, 2, 2) : largest(window, w->width, 3, 3);
                dx[corner + place] += *dy;
            } else {
                const ptrdiff_t best = largest_at_border(w, plane, y, x);
                if (best >= 0) dx[best] += *dy;
            }
        }
    }
}
