#include <string.h>

#include "gemm.h"

/// The scalar reference implementation.
static void transpose_scalar(const float *from, size_t from_stride, size_t rows, size_t columns, float *to,
                             size_t to_stride) {
    for (size_t x = 0; x < columns; x++)
        for (size_t y = 0; y < rows; y++) to[x * to_stride + y] = from[y * from_stride + x];
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

typedef float vector8 __attribute__((ext_vector_type(8), aligned(4)));
#define SHUFFLE __builtin_shufflevector

static inline void transpose_8x8(const float *from, size_t from_stride, float *to, size_t to_stride) {
    vector8 r[8], s[8];
    for (size_t i = 0; i < 8; i++) r[i] = *(const vector8 *)(from + i * from_stride);
    // Pairs of rows, then fours, then all eight: each step mixes vectors that are twice as far apart.
    for (size_t i = 0; i < 8; i += 2) {
        s[i] = SHUFFLE(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        s[i + 1] = SHUFFLE(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (size_t i = 0; i < 8; i += 4) {
        for (size_t j = i; j < i + 2; j++) {
            r[j] = SHUFFLE(s[j], s[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            r[j + 2] = SHUFFLE(s[j], s[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    for (size_t j = 0; j < 4; j++) {
        *(vector8 *)(to + j * to_stride) = SHUFFLE(r[j], r[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *(vector8 *)(to + (j + 4) * to_stride) = SHUFFLE(r[j], r[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

static void transpose_avx2(const float *from, size_t from_stride, size_t rows, size_t columns, float *to,
                           size_t to_stride) {
    if (rows < 8 || columns < 8) {
        transpose_scalar(from, from_stride, rows, columns, to, to_stride);
        return;
    }
    // Prefetch distance in rows: the hardware prefetcher cannot predict rows that are far apart, such as planes of an
    // image or filters. Short rows need a longer distance.
    const size_t ahead = columns < 64 ? 32 : 8;
    // A remainder of fewer than eight rows or columns: the last eight, some of them a second time.
    for (size_t y = 0; y < rows; y += 8) {
        const size_t row = y + 8 <= rows ? y : rows - 8;
        for (size_t x = 0; x < columns; x += 8) {
            const size_t column = x + 8 <= columns ? x : columns - 8;
            if (x % 16 == 0 && row + ahead + 8 <= rows)
                for (size_t i = 0; i < 8; i++) __builtin_prefetch(from + (row + ahead + i) * from_stride + column);
            transpose_8x8(from + row * from_stride + column, from_stride, to + column * to_stride + row, to_stride);
        }
    }
}

#pragma clang attribute pop
#endif

void cvk_transpose(cvk_isa isa, const float *from, size_t from_stride, size_t rows, size_t columns, float *to,
                   size_t to_stride) {
    switch (isa) {
#if defined(__x86_64__)
    case CVK_AVX512:
    case CVK_AVX2: transpose_avx2(from, from_stride, rows, columns, to, to_stride); return;
#endif
    default: transpose_scalar(from, from_stride, rows, columns, to, to_stride); return;
    }
}

void cvk_pack_transposed(cvk_isa isa, const float *planes, size_t stride, size_t count, size_t rows, size_t columns,
                         size_t pitch, size_t width, float *packed) {
    if (count < width) memset(packed, 0, rows * pitch * width * sizeof(float));
    if (pitch == columns) {
        cvk_transpose(isa, planes, stride, count, rows * columns, packed, width);
        return;
    }
    // A row shorter than a vector is copied with what follows it, which is then overwritten with zeros.
    const size_t copied = columns < 8 && pitch >= 8 ? 8 : columns;
    for (size_t y = 0; y < rows; y++) {
        float *to = packed + y * pitch * width;
        cvk_transpose(isa, planes + y * columns, stride, count, copied, to, width);
        memset(to + columns * width, 0, (pitch - columns) * width * sizeof(float));
    }
}
