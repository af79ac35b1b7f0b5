#ifndef CVK_HALF_H
#define CVK_HALF_H

#include <stddef.h>

#include "isa.h"

// Conversion between float and the two 16-bit formats of weight files.
//
//   F16   IEEE 754 binary16: 1 sign, 5 exponent, 10 mantissa bits
//   BF16  bfloat16, the upper half of a float: 1 sign, 8 exponent, 7 mantissa bits
//
// The 16-bit side is little-endian and may be unaligned: a tensor may start at any byte of a weight file.
// Narrowing rounds to nearest, ties to even; values beyond the largest finite one become infinity. A NaN stays a NaN
// with its sign and the upper bits of its payload, and becomes quiet (as in the conversions of F16C).

/// Widens `count` F16 values (2 · count bytes) to floats, exactly.
void cvk_f16_to_f32(cvk_isa isa, const void *from, float *to, size_t count);
/// Widens `count` BF16 values (2 · count bytes) to floats, exactly.
void cvk_bf16_to_f32(cvk_isa isa, const void *from, float *to, size_t count);
/// Narrows `count` floats to F16 (2 · count bytes).
void cvk_f32_to_f16(cvk_isa isa, const float *from, void *to, size_t count);
/// Narrows `count` floats to BF16 (2 · count bytes).
void cvk_f32_to_bf16(cvk_isa isa, const float *from, void *to, size_t count);

#endif
