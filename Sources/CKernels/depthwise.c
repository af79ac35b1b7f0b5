#include "depthwise.h"

#include "dispatch.h"
#include "small_copy.h"

// The readable twins.
static void depthwise_scalar(const float *packed, size_t step, const ptrdiff_t *offsets, const float *weights,
                             size_t taps, size_t rows, size_t columns, float *y) {
    for (size_t r = 0; r < rows; r++) {
        for (size_t x = 0; x < columns; x++) {
            float sum = 0.0f;
            for (size_t t = 0; t < taps; t++) sum += weights[t] * packed[offsets[t] + (ptrdiff_t)(r * step + x)];
            y[r * columns + x] = sum;
        }
    }
}

static void depthwise_input_scalar(float *packed, size_t step, const ptrdiff_t *offsets, const float *weights,
                                   size_t taps, size_t rows, size_t columns, const float *dy) {
    for (size_t r = 0; r < rows; r++) {
        for (size_t t = 0; t < taps; t++) {
            float *to = packed + offsets[t] + r * step;
            for (size_t x = 0; x < columns; x++) to[x] += weights[t] * dy[r * columns + x];
        }
    }
}

static void depthwise_weight_scalar(const float *packed, size_t step, const ptrdiff_t *offsets, size_t taps,
                                    size_t rows, size_t columns, const float *dy, float *gradient) {
    for (size_t t = 0; t < taps; t++) {
        float sum = 0.0f;
        for (size_t r = 0; r < rows; r++) {
            const float *from = packed + offsets[t] + r * step;
            for (size_t x = 0; x < columns; x++) sum += dy[r * columns + x] * from[x];
        }
        gradient[t] += sum;
    }
}

#define VARIANTS "depthwise.inc"
#include "variants.inc"

void cvk_depthwise(cvk_isa isa, const float *packed, size_t step, const ptrdiff_t *offsets, const float *weights,
                   size_t taps, size_t rows, size_t columns, float *y) {
    DISPATCH(depthwise, packed, step, offsets, weights, taps, rows, columns, y)
}

void cvk_depthwise_input(cvk_isa isa, float *packed, size_t step, const ptrdiff_t *offsets, const float *weights,
                         size_t taps, size_t rows, size_t columns, const float *dy) {
    DISPATCH(depthwise_input, packed, step, offsets, weights, taps, rows, columns, dy)
}

void cvk_depthwise_weight(cvk_isa isa, const float *packed, size_t step, const ptrdiff_t *offsets, size_t taps,
                          size_t rows, size_t columns, const float *dy, float *gradient) {
    DISPATCH(depthwise_weight, packed, step, offsets, taps, rows, columns, dy, gradient)
}

/// Floats past the last row: a vector of the widest kind may be read from its last pixel on.
enum { SLACK = 16 };

size_t cvk_phases_size(const cvk_phases *p) { return p->rows * p->stride * p->pitch + SLACK; }

/// The pixels of the plane that lie in the columns phase, phase + stride, … of the padded plane: from `first` on, the
/// `count` at places `low`, low + 1, … of that remainder.
typedef struct {
    size_t first, low, count;
} phase_span;

static phase_span pixels(const cvk_phases *p, size_t phase) {
    phase_span run;
    // The least place whose column phase + place · stride is not in the border.
    run.low = p->pad_left > phase ? (p->pad_left - phase + p->stride - 1) / p->stride : 0;
    run.first = phase + run.low * p->stride - p->pad_left;
    const size_t inside = run.first < p->width ? (p->width - run.first + p->stride - 1) / p->stride : 0;
    const size_t room = run.low < p->pitch ? p->pitch - run.low : 0;
    run.count = inside < room ? inside : room;
    if (run.count == 0) run.low = 0;
    return run;
}

void cvk_pack_phases(const cvk_phases *p, const float *plane, float *packed) {
    const size_t pitch = p->pitch, stride = p->stride;
    for (size_t phase = 0; phase < stride; phase++) {
        const phase_span run = pixels(p, phase);
        float *to = packed + phase * pitch;
        for (size_t y = 0; y < p->rows; y++, to += stride * pitch) {
            if (y < p->pad_top || y - p->pad_top >= p->height) {
                zero_small(to, pitch);
                continue;
            }
            const float *from = plane + (y - p->pad_top) * p->width + run.first;
            float *inside = to + run.low;
            zero_small(to, run.low);
            if (stride == 1) {
                copy_small(inside, from, run.count);
            } else if (stride == 2) {
                // Apart, as the compiler has vectors for a stride that it knows.
                for (size_t x = 0; x < run.count; x++) inside[x] = from[2 * x];
            } else {
                for (size_t x = 0; x < run.count; x++) inside[x] = from[stride * x];
            }
            zero_small(inside + run.count, pitch - run.low - run.count);
        }
    }
    zero_small(packed + p->rows * stride * pitch, SLACK);
}

void cvk_unpack_phases(const cvk_phases *p, const float *packed, float *plane) {
    const size_t pitch = p->pitch, stride = p->stride;
    for (size_t y = 0; y < p->height; y++) {
        float *to = plane + y * p->width;
        const size_t row = y + p->pad_top;
        // What no window reaches has no gradient.
        if (row >= p->rows || stride > 1) zero_small(to, p->width);
        if (row >= p->rows) continue;
        for (size_t phase = 0; phase < stride; phase++) {
            const phase_span run = pixels(p, phase);
            const float *from = packed + (row * stride + phase) * pitch + run.low;
            if (stride == 1) {
                copy_small(to, from, run.count);
                zero_small(to + run.count, p->width - run.count);
            } else {
                for (size_t x = 0; x < run.count; x++) to[run.first + stride * x] = from[x];
            }
        }
    }
}
