#include "gemm.h"

// The readable twin: what every tile must give, up to the rounding of a fused multiply-add.
enum { SCALAR_PANEL = 12 };

static void gemm_scalar(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, float *c, size_t ldc,
                        const float *bias, bool accumulate) {
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            const float *panel = b + j / SCALAR_PANEL * SCALAR_PANEL * k;
            float sum = accumulate ? c[i * ldc + j] : bias ? bias[i] : 0.0f;
            for (size_t p = 0; p < k; p++) sum += a[i * lda + p] * panel[p * SCALAR_PANEL + j % SCALAR_PANEL];
            c[i * ldc + j] = sum;
        }
    }
}

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
typedef float vector8 __attribute__((ext_vector_type(8), aligned(4)));
#define VECTOR vector8
#define LANES 8
#define ROWS 4
#define NAME(x) x##_avx2
#include "gemm_tile.inc"
#undef VECTOR
#undef LANES
#undef ROWS
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)
typedef float vector16 __attribute__((ext_vector_type(16), aligned(4)));
#define VECTOR vector16
#define LANES 16
#define ROWS 8
#define NAME(x) x##_avx512
#include "gemm_tile.inc"
#undef VECTOR
#undef LANES
#undef ROWS
#undef NAME
#pragma clang attribute pop

#elif defined(__aarch64__)

typedef float vector4 __attribute__((ext_vector_type(4), aligned(4)));
#define VECTOR vector4
#define LANES 4
#define ROWS 8
#define NAME(x) x##_neon
#include "gemm_tile.inc"

#endif

size_t cvk_gemm_panel(cvk_isa isa) {
    switch (isa) {
    case CVK_AVX512: return 48;
    case CVK_AVX2: return 24;
    case CVK_NEON: return 12;
    default: return SCALAR_PANEL;
    }
}

void cvk_gemm_block(cvk_isa isa, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, float *c,
                    size_t ldc, const float *bias, bool accumulate) {
    switch (isa) {
#if defined(__x86_64__)
    case CVK_AVX512: gemm_avx512(m, n, k, a, lda, b, c, ldc, bias, accumulate); return;
    case CVK_AVX2: gemm_avx2(m, n, k, a, lda, b, c, ldc, bias, accumulate); return;
#elif defined(__aarch64__)
    case CVK_NEON: gemm_neon(m, n, k, a, lda, b, c, ldc, bias, accumulate); return;
#endif
    default: gemm_scalar(m, n, k, a, lda, b, c, ldc, bias, accumulate); return;
    }
}
