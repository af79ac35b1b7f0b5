#ifndef CVK_SMALL_COPY_H
#define CVK_SMALL_COPY_H

#include <stddef.h>

/// Copies a few floats, mostly one row of a small feature map: calling memcpy would cost more than the copy itself.
static inline void copy_small(float *to, const float *from, size_t count) {
    for (; count >= 16; count -= 16, to += 16, from += 16) __builtin_memcpy(to, from, 16 * sizeof(float));
    if (count & 8) __builtin_memcpy(to, from, 8 * sizeof(float)), to += 8, from += 8;
    if (count & 4) __builtin_memcpy(to, from, 4 * sizeof(float)), to += 4, from += 4;
    if (count & 2) __builtin_memcpy(to, from, 2 * sizeof(float)), to += 2, from += 2;
    if (count & 1) *to = *from;
}

/// Zeros a few floats. Unrolled by hand: the compiler would turn a loop into a call of memset, which is slower.
static inline void zero_small(float *to, size_t count) {
    const float zeros[16] = {0};
    for (; count >= 16; count -= 16, to += 16) __builtin_memcpy(to, zeros, sizeof(zeros));
    if (count & 8) __builtin_memcpy(to, zeros, 8 * sizeof(float)), to += 8;
    if (count & 4) __builtin_memcpy(to, zeros, 4 * sizeof(float)), to += 4;
    if (count & 2) __builtin_memcpy(to, zeros, 2 * sizeof(float)), to += 2;
    if (count & 1) *to = 0.0f;
}

#endif
