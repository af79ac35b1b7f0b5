#ifndef CVK_DROPOUT_H
#define CVK_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

/// Dropout: y[i] = scale · x[i], or 0 if the upper 24 bits of random number `first + i` are below `threshold`.
///
/// x, y: `count` floats; y may be x. The random numbers are those of SplitMix64 (Steele, Lea and Flood 2014) with
/// `seed`: each is computed from its index alone, so that any thread can start anywhere. Plain C that the compiler
/// vectorizes, hence no separate reference implementation.
void cvk_dropout(uint64_t seed, uint64_t first, uint32_t threshold, float scale, const float *x, float *y,
                 size_t count);

#endif
