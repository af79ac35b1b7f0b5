#include "pooling.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/// The greater of two values; NaN if either is NaN.
INLINE float larger(float a, float b) { return b > a || b != b ? b : a; }

INLINE int32_t lower(int32_t a, int32_t b) { return b < a ? b : a; }

/// Maps floats to integers of the same order: both zeros are equal, NaN is the greatest. No float maps to INT32_MIN.
INLINE int32_t rank(float x) {
    const float unsigned_zero = x + 0.0f;
    int32_t bits;
    memcpy(&bits, &unsigned_zero, sizeof(bits));
    bits ^= (bits >> 31) & INT32_MAX;
    return x != x ? INT32_MAX : bits;
}

#undef INLINE

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

/// Whether windows are as narrow as in nearly all networks: a padded line is then hardly longer than one without
/// padding, and a loop along it needs no bounds tests.
static int is_narrow(const cvk_window *w) {
    return w->kernel_width <= 3 && w->stride_x <= 2 && w->pad_left <= 2 && w->dilation_x == 1;
}

/// Floats in one line of scratch: the columns that windows cover, two more windows before, a vector of them after.
static size_t line_length(const cvk_window *w) {
    const size_t covered = is_narrow(w) ? w->stride_x * w->output_width : 0;
    return (w->width > covered ? w->width : covered) + 36;
}

/// Lines of scratch for one row of 3×3 windows.
enum { WINDOW_ROW_LINES = 7 };

size_t cvk_max_pool_scratch(const cvk_window *w) { return (2 * WINDOW_ROW_LINES + 1) * line_length(w); }

static void keep_larger(cvk_isa isa, const float *from, float *line, size_t count) {
    DISPATCH(keep_larger, from, line, count)
}

static void row_max(cvk_isa isa, size_t kernel, size_t stride, const float *line, float *to, size_t count) {
    DISPATCH(row_max, kernel, stride, line, to, count)
}

/// The maximum over each column of the windows of output row y; -infinity if all rows are in the padding.
static void column_max(cvk_isa isa, const cvk_window *w, const float *plane, size_t y, float *line) {
    int is_first = 1;
    for (size_t tap = 0; tap < w->kernel_height; tap++) {
        const ptrdiff_t row = input_row(w, y, tap);
        if (row < 0) continue;
        const float *from = plane + (size_t)row * w->width;
        if (is_first) memcpy(line, from, w->width * sizeof(float));
        else keep_larger(isa, from, line, w->width);
        is_first = 0;
    }
    if (is_first)
        for (size_t x = 0; x < w->width; x++) line[x] = -INFINITY;
}

// The maximum is separable: first over the columns of the windows, a whole row at once, then along that row.

void cvk_max_pool(cvk_isa isa, const cvk_window *w, const float *plane, float *output, float *scratch) {
    const int narrow = is_narrow(w);
    float *line = narrow ? scratch + w->pad_left : scratch;
    for (size_t x = 0; x < line_length(w); x++) scratch[x] = -INFINITY;
    for (size_t y = 0; y < w->output_height; y++, output += w->output_width) {
        column_max(isa, w, plane, y, line);
        if (narrow) {
            row_max(isa, w->kernel_width, w->stride_x, scratch, output, w->output_width);
            continue;
        }
        for (size_t x = 0; x < w->output_width; x++) {
            float best = -INFINITY;
            for (size_t tap = 0; tap < w->kernel_width; tap++) {
                const ptrdiff_t column = input_column(w, x, tap);
                if (column >= 0) best = larger(best, line[column]);
            }
            output[x] = best;
        }
    }
}

/// The argmax of a window inside the plane, as an offset: the first of equal values, the first NaN if there is one.
/// `height` and `width` are compile-time constants after inlining, so that there are no loops and no branches.
static inline __attribute__((always_inline)) size_t largest(const float *window, size_t row, const size_t height,
                                                            const size_t width) {
    float best = window[0];
    size_t position = 0;
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++) {
            const size_t at = y * row + x;
            const float value = window[at];
            const int wins = value > best || (value != value && best == best);
            best = wins ? value : best;
            position = wins ? at : position;
        }
    }
    return position;
}

/// The argmax of a window that may reach into the padding, as an offset in the plane; -1 if all of it is padding.
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

static void max_pool_2x2_backward_row(cvk_isa isa, const float *top, const float *bottom, const float *dy,
                                      float *dx_top, float *dx_bottom, size_t count) {
    DISPATCH(max_pool_2x2_backward_row, top, bottom, dy, dx_top, dx_bottom, count)
}

/// Windows of 2×2 pixels with stride 2, the usual case: each pixel belongs to at most one of them.
static void max_pool_2x2_backward(cvk_isa isa, const cvk_window *w, const float *plane, const float *dy, float *dx) {
    const size_t width = w->width, covered = 2 * w->output_width;
    for (size_t y = 0; y < w->output_height; y++, dy += w->output_width) {
        const float *top = plane + 2 * y * width;
        float *to = dx + 2 * y * width;
        max_pool_2x2_backward_row(isa, top, top + width, dy, to, to + width, w->output_width);
        for (size_t x = covered; x < width; x++) to[x] = to[width + x] = 0.0f;
    }
    const size_t rest = w->height - 2 * w->output_height;
    memset(dx + 2 * w->output_height * width, 0, rest * width * sizeof(float));
}

static void columns(cvk_isa isa, const float *top, const float *middle, const float *bottom, const int32_t clamps[3],
                    int32_t *ranks, int32_t *rows, size_t count) {
    DISPATCH(columns, top, middle, bottom, clamps, ranks, rows, count)
}

static void argmax(cvk_isa isa, size_t stride, const int32_t *ranks, const int32_t *rows, int32_t *taps,
                   size_t count) {
    DISPATCH(argmax, stride, ranks, rows, taps, count)
}

static void scatter_row(cvk_isa isa, size_t stride, int32_t left, const int32_t *taps, const float *dy,
                        const float *base, float *to, size_t count) {
    DISPATCH(scatter_row, stride, left, taps, dy, base, to, count)
}

/// Lines of scratch for one row of windows. The columns are those of the padded plane.
typedef struct {
    int32_t *ranks, *rows;  // maximum and argmax of each column of three pixels
    int32_t *taps;          // argmax of each window, after two windows that do not exist
    float *dy;              // of the same windows
    float *sums[3];         // gradient of the three rows of pixels under the windows
} window_row;

static window_row window_row_in(float *lines, size_t length) {
    const window_row row = {(int32_t *)lines, (int32_t *)lines + length, (int32_t *)lines + 2 * length,
                        lines + 3 * length, {lines + 4 * length, lines + 5 * length, lines + 6 * length}};
    for (size_t x = 0; x < length; x++) {
        row.ranks[x] = INT32_MIN;
        row.rows[x] = row.taps[x] = 0;
        row.dy[x] = row.sums[0][x] = row.sums[1][x] = row.sums[2][x] = 0.0f;
    }
    return row;
}

/// Column maxima of output row y. A row in the padding is clamped to INT32_MIN, below every value.
static void find_columns(cvk_isa isa, const cvk_window *w, const float *plane, size_t y, const window_row *lines) {
    const float *from[3];
    int32_t clamps[3];
    for (size_t tap = 0; tap < 3; tap++) {
        const ptrdiff_t row = input_row(w, y, tap);
        from[tap] = row < 0 ? plane : plane + (size_t)row * w->width;
        clamps[tap] = row < 0 ? INT32_MIN : INT32_MAX;
    }
    columns(isa, from[0], from[1], from[2], clamps, lines->ranks + w->pad_left, lines->rows + w->pad_left, w->width);
}

/// Scatters the gradient of a row of windows. above: the lines of the windows above, which share 3 - stride rows of
/// pixels with these.
static void scatter_rows(cvk_isa isa, const cvk_window *w, const window_row *above, const window_row *lines,
                         const float *zeros) {
    for (size_t tap = 0; tap < 3; tap++) {
        const float *base = above && tap + w->stride_y < 3 ? above->sums[tap + w->stride_y] : zeros;
        scatter_row(isa, w->stride_x, 3 * (int32_t)tap, lines->taps, lines->dy, base, lines->sums[tap],
                    w->output_width);
    }
}

/// Writes the rows of pixels that are complete because no window below covers them. The padding is dropped.
static void finish_rows(const cvk_window *w, size_t y, const window_row *lines, float *dx) {
    const size_t finished = y + 1 < w->output_height ? w->stride_y : 3;
    for (size_t tap = 0; tap < finished; tap++) {
        const ptrdiff_t row = input_row(w, y, tap);
        if (row >= 0) memcpy(dx + (size_t)row * w->width, lines->sums[tap] + w->pad_left, w->width * sizeof(float));
    }
}

/// Windows of 3×3 pixels with stride 1 or 2. The gradient of a window that is all padding goes to the padding.
///
/// Software-pipelined over rows, in four stages, to avoid store-to-load forwarding stalls.
static void max_pool_3x3_backward(cvk_isa isa, const cvk_window *w, const float *plane, const float *dy, float *dx,
                                  float *scratch) {
    const size_t length = line_length(w), count = w->output_height;
    const window_row lines[2] = {window_row_in(scratch, length), window_row_in(scratch + WINDOW_ROW_LINES * length,
                                                                               length)};
    float *zeros = scratch + 2 * WINDOW_ROW_LINES * length;
    memset(zeros, 0, length * sizeof(float));
    for (size_t y = 0; y < count + 3; y++) {
        const window_row *even = &lines[y & 1], *odd = &lines[(y & 1) ^ 1];
        if (y < count) find_columns(isa, w, plane, y, even);
        if (y >= 1 && y - 1 < count) {
            argmax(isa, w->stride_x, odd->ranks, odd->rows, odd->taps + 2, w->output_width);
            memcpy(odd->dy + 2, dy + (y - 1) * w->output_width, w->output_width * sizeof(float));
        }
        if (y >= 2 && y - 2 < count) scatter_rows(isa, w, y > 2 ? odd : NULL, even, zeros);
        if (y >= 3) finish_rows(w, y - 3, odd, dx);
    }
    const size_t covered = (count - 1) * w->stride_y + 3;
    const size_t rest = covered > w->pad_top ? covered - w->pad_top : 0;
    if (rest < w->height) memset(dx + rest * w->width, 0, (w->height - rest) * w->width * sizeof(float));
}

static int is_3x3(const cvk_window *w) {
    return w->kernel_height == 3 && w->kernel_width == 3 && w->stride_y <= 2 && w->stride_x <= 2 && w->pad_top <= 2
           && w->pad_left <= 2 && w->dilation_y == 1 && w->dilation_x == 1 && w->output_height > 0;
}

void cvk_max_pool_gradient(cvk_isa isa, const cvk_window *w, const float *plane, const float *dy, float *dx,
                           float *scratch) {
    if (w->kernel_height == 2 && w->kernel_width == 2 && w->stride_y == 2 && w->stride_x == 2 && w->pad_top == 0
        && w->pad_left == 0 && w->dilation_y == 1 && w->dilation_x == 1 && 2 * w->output_height <= w->height
        && 2 * w->output_width <= w->width) {
        max_pool_2x2_backward(isa, w, plane, dy, dx);
        return;
    }
    if (is_3x3(w)) {
        max_pool_3x3_backward(isa, w, plane, dy, dx, scratch);
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
                const size_t position = side == 2 ? largest(window, w->width, 2, 2) : largest(window, w->width, 3, 3);
                dx[corner + position] += *dy;
            } else {
                const ptrdiff_t best = largest_at_border(w, plane, y, x);
                if (best >= 0) dx[best] += *dy;
            }
        }
    }
}
