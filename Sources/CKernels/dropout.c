#include "dropout.h"

/// Random number `index` of SplitMix64 with `seed`.
static inline uint64_t random_at(uint64_t seed, uint64_t index) {
    uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void cvk_dropout(uint64_t seed, uint64_t first, uint32_t threshold, float scale, const float *x, float *y,
                 size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = random_at(seed, first + i) >> 40 < threshold ? 0.0f : scale * x[i];
}
