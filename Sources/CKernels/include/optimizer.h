#ifndef CVK_OPTIMIZER_H
#define CVK_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

// One optimizer step on `count` weights w, from their gradient to y, which may be w. Each first adds the gradient of
// the regularization l2 / 2 · w² + l1 · |w| (0 for decoupled weight decay). Every array has `count` floats; rate:
// learning rate.

/// SGD, as torch.optim.SGD. m: the momentum buffer, updated, or NULL without momentum.
///
/// m = momentum · m + g; y = w - rate · m, or w - rate · (g + momentum · m) if `nesterov`.
void cvk_gradient_descent(cvk_isa isa, float rate, float momentum, bool nesterov, float l2, float l1, const float *w,
                          const float *gradient, float *m, float *y, size_t count);

/// RMSprop, as torch.optim.RMSprop. v: moving average of squared gradients; m: momentum buffer, or NULL without
/// momentum. Both are updated.
///
/// v = decay · v + (1 - decay) · g²; s = g / (√v + epsilon); m = momentum · m + s; y = w - rate · m (or s).
void cvk_rmsprop(cvk_isa isa, float rate, float decay, float epsilon, float momentum, float l2, float l1,
                 const float *w, const float *gradient, float *v, float *m, float *y, size_t count);

/// The options of Adam at step t, with bias correction.
typedef struct {
    float rate;          // learning rate, already divided by 1 - beta1^t
    float beta1, beta2;  // decay of the two moving averages
    float root;          // √(1 - beta2^t)
    float epsilon;
    float shrink;        // decoupled weight decay (AdamW): 1 - rate · decay, or 1
} cvk_adam_options;

/// Adam and AdamW, as torch.optim.Adam. m, v: moving averages of the gradient and its square, both updated.
///
/// y = shrink · w - rate · m / (√v / root + epsilon).
void cvk_adam(cvk_isa isa, const cvk_adam_options *options, float l2, float l1, const float *w, const float *gradient,
              float *m, float *v, float *y, size_t count);

#endif
