#include "elementwise.h"

#include <math.h>

// The scalar reference implementations.

static float activation_scalar(cvk_activation kind, float slope, float x) {
    switch (kind) {
    case CVK_RELU: return x < 0 ? 0 : x;
    case CVK_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case CVK_LEAKY_RELU: return x > 0 ? x : slope * x;
    case CVK_SIGMOID: return 1 / (1 + expf(-x));
    case CVK_SILU: return x / (1 + expf(-x));
    case CVK_MISH: return x > 20 ? x : x * tanhf(log1pf(expf(x)));
    case CVK_TANH: return tanhf(x);
    case CVK_ELU: return x > 0 ? x : slope * expm1f(x);
    case CVK_HARD_SWISH: return x < -3 ? x * 0 : x > 3 ? x : x * ((x + 3) / 6);
    case CVK_HARD_SIGMOID: return x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6;
    }
    return x;
}

static int activate_scalar(cvk_activation kind, float slope, const float *x, float *y, size_t count) {
    int is_finite = 1;
    for (size_t i = 0; i < count; i++) {
        // The output may be the input.
        is_finite &= isfinite(x[i]) != 0;
        y[i] = activation_scalar(kind, slope, x[i]);
    }
    return !is_finite && kind != CVK_LEAKY_RELU && kind != CVK_HARD_SWISH;
}

static void scale_shift_scalar(float scale, float shift, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = scale * x[i] + shift;
}

static void add_scalar(const float *a, const float *b, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

static void multiply_scalar(const float *a, const float *b, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = a[i] * b[i];
}

static float sum_scalar(const float *x, size_t count) {
    float sum = 0;
    for (size_t i = 0; i < count; i++) sum += x[i];
    return sum;
}

static void combine_scalar(float a, const float *x, float b, const float *y, float c, float *z, size_t count) {
    for (size_t i = 0; i < count; i++) z[i] = a * x[i] + b * y[i] + c;
}

static void exponential_of_scalar(float shift, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = expf(x[i] + shift);
}

static float dot_scalar(const float *x, float shift_x, const float *y, float shift_y, size_t count) {
    float sum = 0;
    for (size_t i = 0; i < count; i++) sum += (x[i] - shift_x) * (y[i] - shift_y);
    return sum;
}

/// The derivative of the activation function. `slope` is its parameter.
static float derivative_scalar(cvk_activation kind, float slope, float x) {
    const float s = 1 / (1 + expf(-x));
    switch (kind) {
    case CVK_RELU: return x > 0;
    case CVK_RELU6: return x > 0 && x < 6;
    case CVK_LEAKY_RELU: return x > 0 ? 1 : slope;
    case CVK_SIGMOID: return s * (1 - s);
    case CVK_SILU: return s + x * s * (1 - s);
    case CVK_MISH: {
        const float t = tanhf(x > 20 ? x : log1pf(expf(x)));
        return t + x * (1 - t * t) * s;
    }
    case CVK_TANH: return 1 - tanhf(x) * tanhf(x);
    case CVK_ELU: return x > 0 ? 1 : slope * expf(x);
    case CVK_HARD_SWISH: return x < -3 ? 0 : x > 3 ? 1 : x / 3 + 0.5f;
    case CVK_HARD_SIGMOID: return x > -3 && x < 3 ? 1.0f / 6 : 0;
    }
    return 1;
}

static void activate_gradient_scalar(cvk_activation kind, float slope, const float *x, const float *dy, float *dx,
                                     size_t count) {
    for (size_t i = 0; i < count; i++) dx[i] = dy[i] * derivative_scalar(kind, slope, x[i]);
}

#define VARIANTS "elementwise.inc"
#include "variants.inc"

#include "dispatch.h"

void cvk_scale_shift(cvk_isa isa, float scale, float shift, const float *x, float *y, size_t count) {
    DISPATCH(scale_shift, scale, shift, x, y, count)
}

void cvk_add(cvk_isa isa, const float *a, const float *b, float *y, size_t count) { DISPATCH(add, a, b, y, count) }

int cvk_activate(cvk_isa isa, cvk_activation kind, float slope, const float *x, float *y, size_t count) {
    DISPATCH(activate, kind, slope, x, y, count)
}

void cvk_multiply(cvk_isa isa, const float *a, const float *b, float *y, size_t count) {
    DISPATCH(multiply, a, b, y, count)
}

void cvk_exponential(cvk_isa isa, float shift, const float *x, float *y, size_t count) {
    DISPATCH(exponential_of, shift, x, y, count)
}

float cvk_sum(cvk_isa isa, const float *x, size_t count) { DISPATCH(sum, x, count) }

float cvk_dot(cvk_isa isa, const float *x, float shift_x, const float *y, float shift_y, size_t count) {
    DISPATCH(dot, x, shift_x, y, shift_y, count)
}

void cvk_combine(cvk_isa isa, float a, const float *x, float b, const float *y, float c, float *z, size_t count) {
    DISPATCH(combine, a, x, b, y, c, z, count)
}

void cvk_activate_gradient(cvk_isa isa, cvk_activation kind, float slope, const float *x, const float *dy, float *dx,
                           size_t count) {
    DISPATCH(activate_gradient, kind, slope, x, dy, dx, count)
}
