#include "elementwise.h"

#include <math.h>

// The readable twins.

static float activation_scalar(cvk_activation kind, float slope, float x) {
    switch (kind) {
    case CVK_RELU: return x < 0 ? 0 : x;
    case CVK_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case CVK_LEAKY_RELU: return x > 0 ? x : slope * x;
    case CVK_SIGMOID: return 1 / (1 + expf(-x));
    case CVK_SILU: return x / (1 + expf(-x));
    case CVK_MISH: return x > 20 ? x : x * tanhf(log1pf(expf(x)));
    }
    return x;
}

static void activate_scalar(cvk_activation kind, float slope, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = activation_scalar(kind, slope, x[i]);
}

static void scale_shift_scalar(float scale, float shift, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = scale * x[i] + shift;
}

static void add_scalar(const float *a, const float *b, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define NAME(x) x##_avx2
#include "elementwise.inc"
#undef LANES
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)
#define LANES 16
#define NAME(x) x##_avx512
#include "elementwise.inc"
#undef LANES
#undef NAME
#pragma clang attribute pop

#elif defined(__aarch64__)

#define LANES 4
#define NAME(x) x##_neon
#include "elementwise.inc"

#endif

// Calls the function of the instruction set.
#if defined(__x86_64__)
#define DISPATCH(function, ...)                                 \
    switch (isa) {                                              \
    case CVK_AVX512: function##_avx512(__VA_ARGS__); return;    \
    case CVK_AVX2: function##_avx2(__VA_ARGS__); return;        \
    default: function##_scalar(__VA_ARGS__); return;            \
    }
#elif defined(__aarch64__)
#define DISPATCH(function, ...)                                 \
    switch (isa) {                                              \
    case CVK_NEON: function##_neon(__VA_ARGS__); return;        \
    default: function##_scalar(__VA_ARGS__); return;            \
    }
#else
#define DISPATCH(function, ...) function##_scalar(__VA_ARGS__)
#endif

void cvk_scale_shift(cvk_isa isa, float scale, float shift, const float *x, float *y, size_t count) {
    DISPATCH(scale_shift, scale, shift, x, y, count)
}

void cvk_add(cvk_isa isa, const float *a, const float *b, float *y, size_t count) { DISPATCH(add, a, b, y, count) }

void cvk_activate(cvk_isa isa, cvk_activation kind, float slope, const float *x, float *y, size_t count) {
    DISPATCH(activate, kind, slope, x, y, count)
}
