#include "gemm.h"

#include "small_copy.h"

/// The panel width of the scalar reference implementation, which every tile matches up to the rounding of a fused
/// multiply-add.
enum { SCALAR_WIDTH = 12 };

static void gemm_panel_scalar(size_t m, size_t n, size_t k, const float *a, const ptrdiff_t *a_offsets, const float *b,
                              const ptrdiff_t *b_offsets, float *c, size_t ldc, bool accumulate) {
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            float sum = accumulate ? c[i * ldc + j] : 0.0f;
            for (size_t p = 0; p < k; p++) sum += a[a_offsets[i] + (ptrdiff_t)p] * b[b_offsets[p] + (ptrdiff_t)j];
            c[i * ldc + j] = sum;
        }
    }
}

#define VARIANTS "gemm_tile.inc"
#include "variants.inc"

size_t cvk_panel_width(cvk_isa isa) {
    switch (isa) {
    case CVK_AVX512: return 48;
    case CVK_AVX2: return 24;
    case CVK_NEON: return 12;
    default: return SCALAR_WIDTH;
    }
}

void cvk_gemm_panel(cvk_isa isa, size_t m, size_t n, size_t k, const float *a, const ptrdiff_t *a_offsets,
                    const float *b, const ptrdiff_t *b_offsets, float *c, size_t ldc, bool accumulate) {
    switch (isa) {
#if defined(__x86_64__)
    case CVK_AVX512: gemm_panel_avx512(m, n, k, a, a_offsets, b, b_offsets, c, ldc, accumulate); return;
    case CVK_AVX2: gemm_panel_avx2(m, n, k, a, a_offsets, b, b_offsets, c, ldc, accumulate); return;
#elif defined(__aarch64__)
    case CVK_NEON: gemm_panel_neon(m, n, k, a, a_offsets, b, b_offsets, c, ldc, accumulate); return;
#endif
    default: gemm_panel_scalar(m, n, k, a, a_offsets, b, b_offsets, c, ldc, accumulate); return;
    }
}

/// Copies every `stride`-th float of a row.
static inline void gather_strided(float *restrict to, const float *restrict from, size_t count, size_t stride) {
    if (stride == 1) {
        copy_small(to, from, count);
    } else if (stride == 2) {
        // A case of its own: the compiler vectorizes a constant stride.
        for (size_t i = 0; i < count; i++) to[i] = from[2 * i];
    } else {
        for (size_t i = 0; i < count; i++) to[i] = from[stride * i];
    }
}

void cvk_pad_planes(const cvk_planes *p, const float *pixels, size_t count, const cvk_padding *padding,
                    float *padded) {
    const size_t pitch = padding->pitch;
    for (size_t plane = 0; plane < count; plane++, pixels += p->stride, padded += padding->stride) {
        float *to = padded;
        zero_small(to, padding->lead);
        to += padding->lead;
        for (size_t r = 0; r < padding->rows; r++, to += pitch) {
            const ptrdiff_t row = padding->first + (ptrdiff_t)r;
            if (row < 0 || row >= (ptrdiff_t)p->rows) {
                zero_small(to, pitch);
                continue;
            }
            const float *from = pixels + (size_t)row * p->row_stride;
            // Prefetch the same row of the next plane: the hardware prefetcher cannot predict the jump between planes.
            for (size_t c = 0; c < p->columns * p->column_stride; c += 16) __builtin_prefetch(from + p->stride + c);
            gather_strided(to, from, p->columns, p->column_stride);
            zero_small(to + p->columns, pitch - p->columns);
        }
        zero_small(to, (size_t)(padded + padding->size - to));
    }
}

void cvk_copy_rows(const float *from, size_t pitch, size_t width, size_t rows, float *to) {
    for (size_t y = 0; y < rows; y++) copy_small(to + y * width, from + y * pitch, width);
}

void cvk_spread_rows(const float *from, size_t pitch, size_t width, size_t rows, float *to, size_t row_stride,
                     size_t column_stride) {
    for (size_t y = 0; y < rows; y++, from += pitch, to += row_stride) {
        if (column_stride == 1) copy_small(to, from, width);
        else for (size_t x = 0; x < width; x++) to[x * column_stride] = from[x];
    }
}
