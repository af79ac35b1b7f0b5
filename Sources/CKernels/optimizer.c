#include "optimizer.h"

#define NAME(x) x##_scalar
#include "optimizer.inc"
#undef NAME

#define VARIANTS "optimizer.inc"
#include "variants.inc"

#include "dispatch.h"

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
