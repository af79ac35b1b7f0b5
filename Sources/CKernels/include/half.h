#ifndef CVK_HALF_H
#define CVK_HALF_H

#include <stddef.h>

#include "isa.h"

// Conversion between float and the two 16-bit formats that weights are stored in.
//
//   F16   IEEE 754 binary16: 1 sign, 5 exponent, 10 mantissa bits
//   BF16  bfloat16, the upper half of a float: 1 sign, 8 exponent, 7 mantissa bits
//
// The 16-bit side is little-endian and need not be aligned: a weight file may begin a tensor at any byte.
// Narrowing rounds to nearest, ties to even; beyond the largest finite value lies infinity. A NaN stays a NaN
// with its sign and the upper bits of its payload, and becomes quiet (as in the conversions of F16C).

void cvk_f16_to_f32(cvk_isa isa, const void *from, float *to, size_t count);
void cvk_bf16_to_f32(cvk_isa isa, const void *from, float *to, size_t count);
void cvk_f32_to_f16(cvk_isa isa, const float *from, void *to, size_t count);
void cvk_f32_to_bf16(cvk_isa isa, const float *from, void *to, size_t count);

#endif
