#include "im2col.h"

#include "small_copy.h"

/// The input under one tap of the windows x_start ..< x_end of an output row: `to[x - x_start]` is row[x · stride +
/// shift], or 0 in the padding.
static inline void tap_row(const cvk_window *w, const float *row, ptrdiff_t shift, size_t x_start, size_t x_end,
                           float *to) {
    const ptrdiff_t stride = (ptrdiff_t)w->stride_x, width = (ptrdiff_t)w->width;
    // The output columns x with 0 <= x · stride + shift < width.
    ptrdiff_t low = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    ptrdiff_t high = width - shift <= 0 ? 0 : (width - shift + stride - 1) / stride;
    const ptrdiff_t start = (ptrdiff_t)x_start, end = (ptrdiff_t)x_end;
    if (low < start) low = start;
    if (low > end) low = end;
    if (high > end) high = end;
    if (high < low) high = low;
    zero_small(to, (size_t)(low - start));
    float *inside = to + (low - start);
    if (stride == 1) {
        copy_small(inside, row + low + shift, (size_t)(high - low));
    } else if (stride == 2) {
        // A case of its own: the compiler vectorizes a constant stride.
        for (ptrdiff_t x = low; x < high; x++) inside[x - low] = row[x * 2 + shift];
    } else {
        for (ptrdiff_t x = low; x < high; x++) inside[x - low] = row[x * stride + shift];
    }
    zero_small(to + (high - start), (size_t)(end - high));
}

/// Columns `start ..< end` of one row of the im2col matrix: the input under one tap, for output pixels in row-major
/// order.
static void tap_line(const cvk_window *w, const float *plane, size_t tap_y, size_t tap_x, size_t start, size_t end,
                     float *line) {
    const ptrdiff_t shift_y = (ptrdiff_t)(tap_y * w->dilation_y) - (ptrdiff_t)w->pad_top;
    const ptrdiff_t shift_x = (ptrdiff_t)(tap_x * w->dilation_x) - (ptrdiff_t)w->pad_left;
    size_t y = start / w->output_width, x = start % w->output_width;
    while (start < end) {
        const size_t rest = w->output_width - x;
        const size_t count = rest < end - start ? rest : end - start;
        const ptrdiff_t input_y = (ptrdiff_t)(y * w->stride_y) + shift_y;
        if (input_y < 0 || input_y >= (ptrdiff_t)w->height) {
            zero_small(line, count);
        } else {
            tap_row(w, plane + (size_t)input_y * w->width, shift_x, x, x + count, line);
        }
        line += count;
        start += count;
        x = 0;
        y++;
    }
}

void cvk_pack_windows(const cvk_window *window, const float *input, size_t row_start, size_t row_end,
                      size_t column_start, size_t column_end, size_t panel, float *packed, float *line) {
    const size_t taps = window->kernel_height * window->kernel_width;
    const size_t columns = column_end - column_start, rows = row_end - row_start;
    const size_t panels = (columns + panel - 1) / panel;
    zero_small(line + columns, panels * panel - columns);
    for (size_t row = row_start; row < row_end; row++) {
        const size_t channel = row / taps, tap = row % taps;
        const float *plane = input + channel * window->height * window->width;
        tap_line(window, plane, tap / window->kernel_width, tap % window->kernel_width, column_start, column_end, line);
        float *to = packed + (row - row_start) * panel;
        for (size_t p = 0; p < panels; p++)
            __builtin_memcpy(to + p * rows * panel, line + p * panel, panel * sizeof(float));
    }
}

void cvk_pack_windows_transposed(const cvk_window *window, const float *input, size_t row_start, size_t row_end,
                                 size_t column_start, size_t column_end, size_t panel, float *packed, float *line) {
    const size_t taps = window->kernel_height * window->kernel_width;
    const size_t columns = column_end - column_start, rows = row_end - row_start;
    for (size_t start = 0; start < rows; start += panel) {
        float *to = packed + start * columns;
        for (size_t i = 0; i < panel; i++) {
            const size_t row = row_start + start + i;
            if (row >= row_end) {
                for (size_t j = 0; j < columns; j++) to[j * panel + i] = 0.0f;
                continue;
            }
            const float *plane = input + row / taps * window->height * window->width;
            const size_t tap = row % taps;
            tap_line(window, plane, tap / window->kernel_width, tap % window->kernel_width, column_start, column_end,
                     line);
            for (size_t j = 0; j < columns; j++) to[j * panel + i] = line[j];
        }
    }
}

void cvk_add_windows(const cvk_window *w, const float *taps, size_t stride, size_t column_start, size_t column_end,
                     float *plane) {
    const ptrdiff_t width = (ptrdiff_t)w->width, height = (ptrdiff_t)w->height;
    for (size_t tap = 0; tap < w->kernel_height * w->kernel_width; tap++, taps += stride) {
        const ptrdiff_t shift_y = (ptrdiff_t)(tap / w->kernel_width * w->dilation_y) - (ptrdiff_t)w->pad_top;
        const ptrdiff_t shift_x = (ptrdiff_t)(tap % w->kernel_width * w->dilation_x) - (ptrdiff_t)w->pad_left;
        const ptrdiff_t step = (ptrdiff_t)w->stride_x;
        // The output columns low ..< high whose tap lies inside a row of the plane.
        ptrdiff_t low = shift_x >= 0 ? 0 : (-shift_x + step - 1) / step;
        ptrdiff_t high = width - shift_x <= 0 ? 0 : (width - shift_x + step - 1) / step;
        for (size_t start = column_start; start < column_end;) {
            const size_t y = start / w->output_width, x = start % w->output_width;
            const size_t rest = w->output_width - x;
            const size_t count = rest < column_end - start ? rest : column_end - start;
            const ptrdiff_t input_y = (ptrdiff_t)(y * w->stride_y) + shift_y;
            if (input_y >= 0 && input_y < height) {
                const float *from = taps + (start - column_start) - x;
                float *row = plane + input_y * width + shift_x;
                const ptrdiff_t first = low > (ptrdiff_t)x ? low : (ptrdiff_t)x;
                const ptrdiff_t last = high < (ptrdiff_t)(x + count) ? high : (ptrdiff_t)(x + count);
                if (step == 1) {
                    for (ptrdiff_t i = first; i < last; i++) row[i] += from[i];
                } else {
                    for (ptrdiff_t i = first; i < last; i++) row[i * step] += from[i];
                }
            }
            start += count;
        }
    }
}
