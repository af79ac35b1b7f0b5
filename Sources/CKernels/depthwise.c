#include "depthwise.h"

#include "dispatch.h"
#include "small_copy.h"

// The scalar reference implementations.
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

/// Floats past the last row: the widest vector may be read from the last pixel on.
enum { SLACK = 16 };

size_t cvk_phases_size(const cvk_phases *p) { return p->rows * p->stride * p->pitch + SLACK; }

/// The pixels of a row that belong to one phase, i.e. to the columns phase, phase + stride, … of the padded plane:
/// `count` pixels from column `first` of the plane, at positions `low`, low + 1, … of the phase.
typedef struct {
    size_t first, low, count;
} phase_span;

static phase_span span_of_phase(const cvk_phases *p, size_t phase) {
    phase_span span;
    // The first position whose column, phase + position · stride, is not in the padding.
    span.low = p->pad_left > phase ? (p->pad_left - phase + p->stride - 1) / p->stride : 0;
    span.first = phase + span.low * p->stride - p->pad_left;
    const size_t inside = span.first < p->width ? (p->width - span.first + p->stride - 1) / p->stride : 0;
    const size_t room = span.low < p->pitch ? p->pitch - span.low : 0;
    span.count = inside < room ? inside : room;
    if (span.count == 0) span.low = 0;
    return span;
}

void cvk_pack_phases(const cvk_phases *p, const float *plane, float *packed) {
    const size_t pitch = p->pitch, stride = p->stride;
    for (size_t phase = 0; phase < stride; phase++) {
        const phase_span span = span_of_phase(p, phase);
        float *to = packed + phase * pitch;
        for (size_t y = 0; y < p->rows; y++, to += stride * pitch) {
            if (y < p->pad_top || y - p->pad_top >= p->height) {
                zero_small(to, pitch);
                continue;
            }
            const float *from = plane + (y - p->pad_top) * p->width + span.first;
            float *inside = to + span.low;
            zero_small(to, span.low);
            if (stride == 1) {
                copy_small(inside, from, span.count);
            } else if (stride == 2) {
                // A case of its own: the compiler vectorizes a constant stride.
                for (size_t x = 0; x < span.count; x++) inside[x] = from[2 * x];
            } else {
                for (size_t x = 0; x < span.count; x++) inside[x] = from[stride * x];
            }
            zero_small(inside + span.count, pitch - span.low - span.count);
        }
    }
    zero_small(packed + p->rows * stride * pitch, SLACK);
}

void cvk_unpack_phases(const cvk_phases *p, const float *packed, float *plane) {
    const size_t pitch = p->pitch, stride = p->stride;
    for (size_t y = 0; y < p->height; y++) {
        float *to = plane + y * p->width;
        const size_t row = y + p->pad_top;
        // Pixels that no window covers have no gradient.
        if (row >= p->rows || stride > 1) zero_small(to, p->width);
        if (row >= p->rows) continue;
        for (size_t phase = 0; phase < stride; phase++) {
            const phase_span span = span_of_phase(p, phase);
            const float *from = packed + (row * stride + phase) * pitch + span.low;
            if (stride == 1) {
                copy_small(to, from, span.count);
                zero_small(to + span.count, p->width - span.count);
            } else {
                for (size_t x = 0; x < span.count; x++) to[span.first + stride * x] = from[x];
            }
        }
    }
}
