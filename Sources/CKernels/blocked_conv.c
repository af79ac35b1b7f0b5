#include "blocked_conv.h"

#define VARIANTS "blocked_conv.inc"
#include "blocked_variants.inc"

#include "dispatch.h"

size_t cvk_blocked_conv_vectors(cvk_isa isa) {
    (void)isa;
    return 2;
}

void cvk_blocked_conv_rows(cvk_isa isa, const cvk_blocked_conv *conv, size_t vectors, size_t row_start,
                           size_t row_end) {
    DISPATCH(blocked_conv_rows, conv, vectors, row_start, row_end)
}
