#include "strip.h"

#include "run.h"

// The readable twin: what every tile must give, up to the rounding of a fused multiply-add.
enum { SCALAR_WIDTH = 12 };

static void strip_scalar(size_t m, size_t n, size_t k, const float *a, const ptrdiff_t *a_offsets, const float *b,
                         const ptrdiff_t *b_offsets, float *c, size_t ldc, bool accumulate) {
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            float sum = accumulate ? c[i * ldc + j] : 0.0f;
            for (size_t p = 0; p < k; p++) sum += a[a_offsets[i] + (ptrdiff_t)p] * b[b_offsets[p] + (ptrdiff_t)j];
            c[i * ldc + j] = sum;
        }
    }
}

#define VARIANTS "strip_tile.inc"
#include "variants.inc"

size_t cvk_strip_width(cvk_isa isa) {
    switch (isa) {
    case CVK_AVX512: return 48;
    case CVK_AVX2: return 24;
    case CVK_NEON: return 12;
    default: return SCALAR_WIDTH;
    }
}

void cvk_strip_product(cvk_isa isa, size_t m, size_t n, size_t k, const float *a, const ptrdiff_t *a_offsets,
                       const float *b, const ptrdiff_t *b_offsets, float *c, size_t ldc, bool accumulate) {
    switch (isa) {
#if defined(__x86_64__)
    case CVK_AVX512: strip_avx512(m, n, k, a, a_offsets, b, b_offsets, c, ldc, accumulate); return;
    case CVK_AVX2: strip_avx2(m, n, k, a, a_offsets, b, b_offsets, c, ldc, accumulate); return;
#elif defined(__aarch64__)
    case CVK_NEON: strip_neon(m, n, k, a, a_offsets, b, b_offsets, c, ldc, accumulate); return;
#endif
    default: strip_scalar(m, n, k, a, a_offsets, b, b_offsets, c, ldc, accumulate); return;
    }
}

void cvk_pad_planes(const float *planes, size_t stride, size_t count, size_t rows, size_t columns, ptrdiff_t first,
                    size_t padded_rows, size_t pitch, size_t lead, size_t padded_stride, float *padded) {
    for (size_t plane = 0; plane < count; plane++, planes += stride, padded += padded_stride) {
        float *to = padded;
        zero_run(to, lead);
        to += lead;
        for (size_t r = 0; r < padded_rows; r++, to += pitch) {
            const ptrdiff_t row = first + (ptrdiff_t)r;
            if (row < 0 || row >= (ptrdiff_t)rows) {
                zero_run(to, pitch);
            } else {
                copy_run(to, planes + (size_t)row * columns, columns);
                zero_run(to + columns, pitch - columns);
            }
        }
        zero_run(to, (size_t)(padded + padded_stride - to));
    }
}

void cvk_copy_rows(const float *from, size_t pitch, size_t width, size_t rows, float *to) {
    for (size_t y = 0; y < rows; y++) copy_run(to + y * width, from + y * pitch, width);
}
