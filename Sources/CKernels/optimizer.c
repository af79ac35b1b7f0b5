#include "optimizer.h"

#define NAME(x) x##_scalar
#include "optimizer.inc"
#undef NAME

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(x) x##_avx2
#include "optimizer.inc"
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)
#define NAME(x) x##_avx512
#include "optimizer.inc"
#undef NAME
#pragma clang attribute pop

// Calls the function of the instruction set.
#define DISPATCH(function, ...)                                 \
    switch (isa) {                                              \
    case CVK_AVX512: return function##_avx512(__VA_ARGS__);     \
    case CVK_AVX2: return function##_avx2(__VA_ARGS__);         \
    default: return function##_scalar(__VA_ARGS__);             \
    }

#else
// Elsewhere the compiler's own vectors are those of the processor.
#define DISPATCH(function, ...) \
    (void)isa;                  \
    return function##_scalar(__VA_ARGS__);
#endif

void cvk_gradient_descent(cvk_isa isa, float rate, float momentum, bool nesterov, float l2, float l1, const float *w,
                          const float *gradient, float *m, float *y, size_t count) {
    DISPATCH(gradient_descent, rate, momentum, nesterov, l2, l1, w, gradient, m, y, count)
}

void cvk_rmsprop(cvk_isa isa, float rate, float decay, float epsilon, float momentum, float l2, float l1,
                 const float *w, const float *gradient, float *v, float *m, float *y, size_t count) {
    DISPATCH(rmsprop, rate, decay, epsilon, momentum, l2, l1, w, gradient, v, m, y, count)
}

void cvk_adam(cvk_isa isa, const cvk_adam_options *options, float l2, float l1, const float *w, const float *gradient,
              float *m, float *v, float *y, size_t count) {
    DISPATCH(adam, options, l2, l1, w, gradient, m, v, y, count)
}
