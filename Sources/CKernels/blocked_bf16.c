// The tiles of `blocked_conv.inc` for pairs of bfloat16: a word of 32 bits holds two channels of a pixel, or two rows of the
// weights, whose products a dot-product instruction adds to a float. Twice the arithmetic of float32 in the same time.

#include "blocked_bf16.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

#include <immintrin.h>

typedef float vector16_bf16 __attribute__((ext_vector_type(16), aligned(4)));
typedef __bf16 pairs_bf16 __attribute__((vector_size(64)));

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma"))),            \
                             apply_to = function)
#define VECTOR vector16_bf16
#define LANES 16
#define PIXEL 8
#define REGISTERS 32
#define NAME(x) x##_bf16
#define MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#define ACCUMULATE(a, b, c) \
    (VECTOR) __builtin_ia32_dpbf16ps_512((__m512)(c), (pairs_bf16)(a), (pairs_bf16)(b))
#include "blocked_limits.inc"
#include "blocked_conv.inc"

static void pack_rows_bf16(const float *even, const float *odd, float *words, size_t count) {
    for (size_t i = 0; i < count; i += 16) {
        const __m256i low = (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(even + i));
        const __m256i high =
            odd ? (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(odd + i)) : _mm256_setzero_si256();
        const __m512i upper = _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16);
        _mm512_storeu_si512(words + i, _mm512_or_si512(_mm512_cvtepu16_epi32(low), upper));
    }
}

static void narrow_bf16(const float *from, float *words, size_t count) {
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + i + 16), _mm512_loadu_ps(from + i));
        _mm512_storeu_si512(words + i / 2, both);
    }
    for (; i < count; i += 16)
        _mm256_storeu_si256((__m256i *)(words + i / 2), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from + i)));
}
#pragma clang attribute pop

bool cvk_bf16_has_pairs(cvk_isa isa) {
    __builtin_cpu_init();
    return isa == CVK_AVX512 && __builtin_cpu_supports("avx512bf16");
}

void cvk_bf16_pack_rows(const float *even, const float *odd, float *words, size_t count) {
    pack_rows_bf16(even, odd, words, count);
}

void cvk_bf16_narrow(const float *from, float *words, size_t count) { narrow_bf16(from, words, count); }

void cvk_bf16_conv_rows(const cvk_blocked_conv *conv, size_t vectors, size_t row_start, size_t row_end) {
    blocked_conv_rows_bf16(conv, vectors, row_start, row_end);
}

#else

bool cvk_bf16_has_pairs(cvk_isa isa) {
    (void)isa;
    return false;
}

// Not called: `cvk_bf16_has_pairs` says so.
void cvk_bf16_pack_rows(const float *even, const float *odd, float *words, size_t count) {
    (void)even, (void)odd, (void)words, (void)count;
}

void cvk_bf16_narrow(const float *from, float *words, size_t count) { (void)from, (void)words, (void)count; }

void cvk_bf16_conv_rows(const cvk_blocked_conv *conv, size_t vectors, size_t row_start, size_t row_end) {
    (void)conv, (void)vectors, (void)row_start, (void)row_end;
}

#endif

void cvk_bf16_round(const float *from, float *to, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, from + i, sizeof bits);
        // To the nearest, ties to even; a NaN keeps its upper bits and becomes quiet.
        const uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000;
        bits = (bits & 0x7FFFFFFF) > 0x7F800000 ? (bits | 0x00400000) & 0xFFFF0000 : rounded;
        memcpy(to + i, &bits, sizeof bits);
    }
}
