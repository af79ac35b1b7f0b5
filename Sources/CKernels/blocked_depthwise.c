#include "blocked_depthwise.h"

/// What all output rows of a convolution share.
typedef struct {
    const cvk_blocked_plane *x;
    size_t kernel_height, kernel, stride_y, stride, dilation_y, dilation;  // those without a suffix are horizontal
    ptrdiff_t pad_top, pad;
    const float *weights;
    const cvk_blocked_epilogue *epilogue;
    size_t output_columns;
    // A row is cut in `tiles` tiles of `width` outputs, the first `wider` of them of one more.
    size_t tiles, width, wider;
} depthwise_job;

/// The tap rows of one output row that are inside the plane, and what belongs to that output row.
typedef struct {
    const float *pixels;    // column 0 of the input row under the first tap row
    size_t tap_rows;        // tap rows inside the plane
    const float *weights;   // of the first tap row
    const float *residual;  // column 0 of the same output row, or NULL
    float *y;               // column 0 of the output row
} depthwise_row;

/// distance / step, rounded up, of a positive distance; 0 if it is negative. Steps of 1 are the usual case.
static inline size_t steps(ptrdiff_t distance, size_t step) {
    if (distance <= 0) return 0;
    return step == 1 ? (size_t)distance : ((size_t)distance + step - 1) / step;
}

/// The tap rows of output row r inside the plane, the others are skipped. lanes: floats of a vector.
static inline depthwise_row row_of_taps(const depthwise_job *job, size_t r, size_t lanes) {
    const cvk_blocked_plane *x = job->x;
    const ptrdiff_t top = (ptrdiff_t)(r * job->stride_y) - job->pad_top;
    const size_t first = steps(-top, job->dilation_y), all = steps((ptrdiff_t)x->rows - top, job->dilation_y);
    const size_t end = all < job->kernel_height ? all : job->kernel_height;
    const float *residual = job->epilogue->residual;
    if (residual) residual += r * job->epilogue->residual_pitch;
    // Without a tap inside, neither pixels nor weights are read.
    if (first >= end) return (depthwise_row){x->pixels, 0, job->weights, residual, NULL};
    const size_t input = (size_t)(top + (ptrdiff_t)(first * job->dilation_y));
    return (depthwise_row){x->pixels + input * x->pitch, end - first, job->weights + first * job->kernel * lanes,
                           residual, NULL};
}

#define VARIANTS "blocked_depthwise.inc"
#include "blocked_variants.inc"

#include "dispatch.h"

static void depthwise_rows(cvk_isa isa, const depthwise_job *job, size_t start, size_t end, float *y, size_t y_pitch) {
    DISPATCH(depthwise_rows, job, start, end, y, y_pitch)
}

void cvk_blocked_depthwise(cvk_isa isa, const cvk_blocked_plane *x, size_t kernel_height, size_t kernel_width,
                           size_t stride_y, size_t stride_x, size_t dilation_y, size_t dilation_x, ptrdiff_t pad_top,
                           ptrdiff_t pad_left, const float *weights, const cvk_blocked_epilogue *epilogue,
                           size_t row_start, size_t row_end, float *y, size_t y_pitch, size_t output_columns) {
    if (output_columns == 0) return;
    const size_t tiles = (output_columns + 7) / 8;
    const depthwise_job job = {
        x, kernel_height, kernel_width, stride_y, stride_x, dilation_y, dilation_x, pad_top, pad_left, weights,
        epilogue, output_columns, tiles, output_columns / tiles, output_columns % tiles,
    };
    depthwise_rows(isa, &job, row_start, row_end, y, y_pitch);
}
