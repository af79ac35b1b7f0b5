// The NEON variants of the kernels against the portable ones, on one thread and with random numbers: what a processor of
// x86-64 can tell of those for arm64, in an emulator. `Tools/check_arm64.sh` builds and runs it.

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "CKernels.h"

enum { LANES = 4 };

static unsigned failures = 0;
static uint32_t state = 1;

/// From -1 to 1.
static float next_number(void) {
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / (1 << 23) - 1.0f;
}

static float *numbers(size_t count) {
    float *values = malloc((count + 64) * sizeof(float));
    if (!values) abort();
    for (size_t i = 0; i < count + 64; i++) values[i] = next_number();
    return values;
}

/// The largest difference over the largest expected value, at least 0.01; NaN in one alone counts as infinite.
static void compare(const char *name, size_t size, const float *found, const float *expected, size_t count) {
    float difference = 0, largest = 0.01f;
    for (size_t i = 0; i < count; i++) {
        if (isnan(found[i]) != isnan(expected[i])) difference = INFINITY;
        if (isnan(found[i]) || isnan(expected[i])) continue;
        difference = fmaxf(difference, fabsf(found[i] - expected[i]));
        largest = fmaxf(largest, fabsf(expected[i]));
    }
    if (difference <= 2e-5f * largest) return;
    printf("%s of size %zu: NEON differs from the portable kernel by %g of %g\n", name, size, difference, largest);
    failures++;
}

/// The result of `call` with each instruction set: `isa` and `y` are its names for the set and for `count` floats.
#define BOTH(name, size, count, ...)                                      \
    do {                                                                  \
        float *results[2] = {numbers(count), NULL};                       \
        results[1] = malloc(((count) + 64) * sizeof(float));              \
        if (!results[1]) abort();                                         \
        for (size_t i = 0; i < (count) + 64; i++) results[1][i] = results[0][i]; \
        for (int set = 0; set < 2; set++) {                               \
            const cvk_isa isa = set == 0 ? CVK_NEON : CVK_SCALAR;         \
            float *y = results[set];                                      \
            __VA_ARGS__;                                                  \
        }                                                                 \
        compare(name, size, results[0], results[1], count);               \
        free(results[0]);                                                 \
        free(results[1]);                                                 \
    } while (0)

static void check_convolutions(void) {
    for (size_t columns = 1; columns <= 40; columns++) {
        for (size_t vectors = 1; vectors <= 2; vectors++) {
            const size_t blocks = 1 + columns % 3, depth = blocks * LANES + 1;
            float *x = numbers((blocks + 1) * 64 * LANES), *weights = numbers(depth * vectors * LANES);
            float *bias = numbers(vectors * LANES);
            ptrdiff_t offsets[4];
            for (size_t b = 0; b <= blocks; b++) offsets[b] = (ptrdiff_t)(b * 64 * LANES);
            for (size_t step = 1; step <= 3; step++) {
                if (columns * step > 60) continue;
                BOTH("blocked_conv", columns, 2 * 64 * LANES, {
                    cvk_blocked_conv c = {
                        .x = x, .x_step = step * LANES, .offsets = offsets, .segments = blocks, .depth = LANES,
                        .tail_segments = 1, .tail_depth = 1, .weights = weights, .bias = bias, .low = 0,
                        .high = columns % 2 ? 1 : INFINITY, .y = y, .y_step = LANES, .y_block = 64 * LANES,
                        .columns = columns};
                    cvk_blocked_conv_rows(isa, &c, vectors, 0, 1);
                });
            }
            free(x), free(weights), free(bias);
        }
    }
}

static void check_winograd(size_t m) {
    const size_t positions = (m + 2) * (m + 2);
    for (size_t side = 3; side <= 29; side += 2) {
        const size_t across = (side + m - 1) / m, tiles = across * across, stride = (tiles * LANES + 15) / 16 * 16 + 16;
        float *pixels = numbers(side * side * LANES), *bias = numbers(LANES), *taps = numbers(9 * LANES);
        const cvk_blocked_plane plane = {pixels, side, side, side * LANES};
        BOTH("winograd_input", side, positions * stride,
             cvk_blocked_winograd_input(isa, m, &plane, across, 1, 1, 0, tiles, y, stride));
        float *products = numbers(positions * stride);
        BOTH("winograd_output", side, side * side * LANES, {
            const cvk_blocked_epilogue epilogue = {.bias = bias, .low = 0, .high = INFINITY};
            cvk_blocked_winograd_output(isa, m, products, stride, across, 0, tiles, &epilogue, y, side, side,
                                        side * LANES);
        });
        BOTH("winograd_filters", side, positions * LANES,
             cvk_blocked_winograd_filters(isa, m, taps, 1, bias, y, LANES, 0));
        free(pixels), free(bias), free(taps), free(products);
    }
}

static void check_windows(void) {
    for (size_t side = 5; side <= 33; side++) {
        for (size_t kernel = 2; kernel <= 5; kernel++) {
            for (size_t stride = 1; stride <= 2; stride++) {
                const size_t outputs = (side + 2 * (kernel / 2) - kernel) / stride + 1;
                float *pixels = numbers(side * side * LANES), *weights = numbers(kernel * kernel * LANES);
                pixels[side] = NAN;
                const cvk_blocked_plane plane = {pixels, side, side, side * LANES};
                const cvk_blocked_epilogue epilogue = {.low = -0.5f, .high = INFINITY};
                const ptrdiff_t pad = (ptrdiff_t)(kernel / 2);
                BOTH("depthwise", side, outputs * outputs * LANES,
                     cvk_blocked_depthwise(isa, &plane, kernel, kernel, stride, stride, 1, 1, pad, pad, weights,
                                           &epilogue, 0, outputs, y, outputs * LANES, outputs));
                BOTH("max_pool", side, outputs * outputs * LANES,
                     cvk_blocked_max_pool(isa, &plane, kernel, kernel, stride, stride, pad, pad, 0, outputs, y,
                                          outputs * LANES, outputs));
                free(pixels), free(weights);
            }
        }
    }
}

static void check_elementwise(void) {
    for (size_t count = 1; count <= 70; count++) {
        float *a = numbers(count), *b = numbers(count);
        for (size_t i = 0; i < count; i++) a[i] *= 12;
        for (int kind = CVK_RELU; kind <= CVK_HARD_SIGMOID; kind++) {
            BOTH("activate", count, count, cvk_activate(isa, (cvk_activation)kind, 0.1f, a, y, count));
            BOTH("activate_gradient", count, count,
                 cvk_activate_gradient(isa, (cvk_activation)kind, 0.1f, a, b, y, count));
        }
        BOTH("exponential", count, count, cvk_exponential(isa, -1, a, y, count));
        BOTH("sum and dot", count, 2, (y[0] = cvk_sum(isa, a, count), y[1] = cvk_dot(isa, a, 0, b, 0, count)));
        BOTH("combine", count, count, cvk_combine(isa, 2, a, 3, b, 1, y, count));
        free(a), free(b);
    }
}

int main(void) {
    if (cvk_isa_best() != CVK_NEON) {
        printf("this is not arm64\n");
        return 1;
    }
    check_convolutions();
    check_winograd(4);
    check_winograd(6);
    check_windows();
    check_elementwise();
    printf("kernels for arm64: %u differences\n", failures);
    return failures != 0;
}
