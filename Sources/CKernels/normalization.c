#include "normalization.h"

// The scalar reference implementations.

/// The gradient behind the ReLU: dy, or 0 where the ReLU clamps.
static float relu_gradient_scalar(cvk_normalization channel, float x, float dy) {
    return channel.relu && !(channel.scale * x + channel.shift > 0) ? 0 : dy;
}

static void normalize_scalar(cvk_normalization channel, const float *x, const float *residual, float *y,
                             size_t count) {
    for (size_t i = 0; i < count; i++) {
        const float sum = channel.scale * x[i] + channel.shift + (residual ? residual[i] : 0);
        y[i] = channel.relu && sum < 0 ? 0 : sum;
    }
}

static void normalize_sums_scalar(cvk_normalization channel, const float *x, float mean, const float *dy,
                                  double sums[2], size_t count) {
    float sum = 0, dot = 0;
    for (size_t i = 0; i < count; i++) {
        const float g = relu_gradient_scalar(channel, x[i], dy[i]);
        sum += g;
        dot += g * (x[i] - mean);
    }
    sums[0] += (double)sum;
    sums[1] += (double)dot;
}

static void normalize_gradient_scalar(cvk_normalization channel, float a, float b, float c, const float *x,
                                      const float *dy, float *dx, size_t count) {
    for (size_t i = 0; i < count; i++) dx[i] = a * relu_gradient_scalar(channel, x[i], dy[i]) + b * x[i] + c;
}

#define VARIANTS "normalization.inc"
#include "variants.inc"

#include "dispatch.h"

void cvk_normalize(cvk_isa isa, cvk_normalization channel, const float *x, const float *residual, float *y,
                   size_t count) {
    DISPATCH(normalize, channel, x, residual, y, count)
}

void cvk_normalize_sums(cvk_isa isa, cvk_normalization channel, const float *x, float mean, const float *dy,
                        double sums[2], size_t count) {
    DISPATCH(normalize_sums, channel, x, mean, dy, sums, count)
}

void cvk_normalize_gradient(cvk_isa isa, cvk_normalization channel, float a, float b, float c, const float *x,
                            const float *dy, float *dx, size_t count) {
    DISPATCH(normalize_gradient, channel, a, b, c, x, dy, dx, count)
}
