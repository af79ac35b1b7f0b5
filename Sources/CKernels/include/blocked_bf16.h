#ifndef CVK_BLOCKED_BF16_H
#define CVK_BLOCKED_BF16_H

#include <stdbool.h>
#include <stddef.h>

#include "blocked_conv.h"

// Convolutions whose operands are bfloat16 and whose sums are float32.
//
// Where the processor multiplies pairs of bfloat16, input and weights are words of two: `float` below stands for 32 bits
// that hold two neighboring channels, the first in the lower half. Elsewhere operands are rounded, and the kernel for
// float32 computes the same sums but for the order of their roundings, no faster.

/// Whether the processor has AVX512-BF16 and the instruction set is one that may use it.
bool cvk_bf16_has_pairs(cvk_isa isa);

/// Words of the rows `even` and `odd` of `count` floats each; odd may be NULL for zeros. count: a multiple of 16.
void cvk_bf16_pack_rows(const float *even, const float *odd, float *words, size_t count);

/// `count` floats as count / 2 words. count: a multiple of 16.
void cvk_bf16_narrow(const float *from, float *words, size_t count);

/// As `cvk_blocked_conv_rows`, for pairs: depths, distances of x and offsets count words, 8 for a pixel.
void cvk_bf16_conv_rows(const cvk_blocked_conv *conv, size_t vectors, size_t row_start, size_t row_end);

/// Floats rounded to bfloat16, the nearest and of two the even one. to may be from.
void cvk_bf16_round(const float *from, float *to, size_t count);

#endif
