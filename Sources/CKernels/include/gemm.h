#ifndef CVK_GEMM_H
#define CVK_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

/// Width of a panel of B: the columns that one tile of the product covers (three vectors).
size_t cvk_gemm_panel(cvk_isa isa);

/// Matrix product on a packed block: C = A · B, or C += A · B, row-major, float32.
///
/// a: m rows of k, `lda` apart. c: m rows of n, `ldc` apart.
/// b: ceil(n / panel) panels one after the other, each k rows of `panel` floats; what lies past column n is
/// computed and thrown away, so it must be initialised, but to anything.
/// bias: m values that C starts from, or NULL for zero; ignored when `accumulate` is set.
///
/// Each element is one chain of k multiply-adds in order: the result does not depend on how a caller cuts m and n.
void cvk_gemm_block(cvk_isa isa, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, float *c,
                    size_t ldc, const float *bias, bool accumulate);

#endif
