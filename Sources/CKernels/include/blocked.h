#ifndef CVK_BLOCKED_H
#define CVK_BLOCKED_H

#include <stddef.h>

#include "isa.h"

// The channel-blocked layout [C / LANES, H, W, LANES]: a pixel of a channel block is one vector of LANES channels.

/// Floats of a vector: 16 for AVX-512, 8 for AVX2, otherwise 4.
size_t cvk_blocked_lanes(cvk_isa isa);

/// One channel block of a feature map: rows × columns vectors. Pixels outside are 0.
typedef struct {
    /// Pixel (0, 0).
    const float *pixels;
    size_t rows, columns;
    /// Floats from a row to the next.
    size_t pitch;
} cvk_blocked_plane;

/// What happens to the sums of a convolution before they are stored: min(max(sum + bias + residual, low), high).
typedef struct {
    /// LANES floats of the channel block, or NULL.
    const float *bias;
    /// Pixel (0, 0) of the same channel block of a tensor of the size of the output, or NULL.
    const float *residual;
    /// Floats from a row of the residual to the next.
    size_t residual_pitch;
    /// The bounds; -INFINITY and INFINITY are none. An infinite sum becomes NaN, which stays NaN.
    float low, high;
} cvk_blocked_epilogue;

#endif
