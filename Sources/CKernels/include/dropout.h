#ifndef CVK_DROPOUT_H
#define CVK_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

/// y = scale · x, or 0 where number `first + i` of the seeded stream is below `threshold` (of 2^24).
///
/// The numbers are those of SplitMix64 (Steele, Lea and Flood 2014): each is computed from its place alone, so that any
/// thread can start anywhere. Plain C that the compiler turns into vectors: no twin is needed.
void cvk_dropout(uint64_t seed, uint64_t first, uint32_t threshold, float scale, const float *x, float *y,
                 size_t count);

#endif
