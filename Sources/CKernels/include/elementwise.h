#ifndef CVK_ELEMENTWISE_H
#define CVK_ELEMENTWISE_H

#include <stddef.h>

#include "isa.h"

// Every array has `count` floats; the output may be one of the inputs.

/// y = scale · x + shift.
void cvk_scale_shift(cvk_isa isa, float scale, float shift, const float *x, float *y, size_t count);

/// y = a + b.
void cvk_add(cvk_isa isa, const float *a, const float *b, float *y, size_t count);

/// Sum of x. The order of summation depends on the instruction set only.
float cvk_sum(cvk_isa isa, const float *x, size_t count);

/// Shifted dot product: the sum of (x - shift_x) · (y - shift_y), in the order of `cvk_sum`.
float cvk_dot(cvk_isa isa, const float *x, float shift_x, const float *y, float shift_y, size_t count);

/// z = a · x + b · y + c.
void cvk_combine(cvk_isa isa, float a, const float *x, float b, const float *y, float c, float *z, size_t count);

/// y = e^(x + shift); 0 for exponents below -87, clamped to e^87.
void cvk_exponential(cvk_isa isa, float shift, const float *x, float *y, size_t count);

/// y = a · b, elementwise.
void cvk_multiply(cvk_isa isa, const float *a, const float *b, float *y, size_t count);

/// An activation function f(x).
typedef enum {
    CVK_RELU,        // max(x, 0)
    CVK_RELU6,       // min(max(x, 0), 6)
    CVK_LEAKY_RELU,  // x for x > 0, else slope · x
    CVK_SIGMOID,     // 1 / (1 + e^-x)
    CVK_SILU,        // x · sigmoid(x)
    CVK_MISH,        // x · tanh(ln(1 + e^x))
    CVK_TANH,        // tanh(x)
    CVK_ELU,         // x for x > 0, else slope · (e^x - 1)
    CVK_HARD_SWISH,  // x · min(max(x + 3, 0), 6) / 6
    CVK_HARD_SIGMOID,  // min(max(x + 3, 0), 6) / 6
} cvk_activation;

/// y = f(x). slope: the negative slope of the leaky ReLU, or alpha of the ELU. NaN stays NaN.
///
/// Returns 1 if f makes finite numbers of infinities, as 1 / (1 + e^-x) does, and some x is infinite or NaN, else 0.
int cvk_activate(cvk_isa isa, cvk_activation kind, float slope, const float *x, float *y, size_t count);

/// Gradient of `cvk_activate`: dx = dy · f'(x).
void cvk_activate_gradient(cvk_isa isa, cvk_activation kind, float slope, const float *x, const float *dy, float *dx,
                           size_t count);

#endif
