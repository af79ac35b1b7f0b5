#ifndef CVK_OPTIMIZER_H
#define CVK_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

// One step of an optimiser on `count` weights: from w and their gradient to y, which may be w. Each first adds the
// gradient of the regularisation, l2 / 2 · w² + l1 · |w|, where that is not decoupled.

/// Gradient descent. m: the moving sum of gradients, or NULL without momentum.
///
/// m = momentum · m + g; y = w - rate · m, with Nesterov's correction w - rate · (g + momentum · m).
void cvk_gradient_descent(cvk_isa isa, float rate, float momentum, bool nesterov, float l2, float l1, const float *w,
                          const float *gradient, float *m, float *y, size_t count);

/// RMSprop. v: the moving mean of squares; m: the moving sum of steps, or NULL without momentum.
///
/// v = decay · v + (1 - decay) · g²; s = g / (√v + epsilon); m = momentum · m + s; y = w - rate · m (or s).
void cvk_rmsprop(cvk_isa isa, float rate, float decay, float epsilon, float momentum, float l2, float l1,
                 const float *w, const float *gradient, float *v, float *m, float *y, size_t count);

typedef struct {
    float rate;          // divided by 1 - beta1^t already
    float beta1, beta2;  // decay of the two means
    float root;          // √(1 - beta2^t)
    float epsilon;
    float shrink;        // of the weight itself (AdamW): 1 - rate · decay, or 1
} cvk_adam_options;

/// Adam. m, v: moving means of the gradient and its square.
///
/// y = shrink · w - rate · m / (√v / root + epsilon).
void cvk_adam(cvk_isa isa, const cvk_adam_options *options, float l2, float l1, const float *w, const float *gradient,
              float *m, float *v, float *y, size_t count);

#endif
