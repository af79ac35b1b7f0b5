#ifndef CVK_BLOCKED_CONV_H
#define CVK_BLOCKED_CONV_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

/// A convolution, or a product of matrices, whose outputs are in the channel-blocked layout [C / LANES, H, W, LANES].
///
/// The input is read in segments: the contiguous floats under one tap for one block of input channels. What the padding
/// covers must be there as zeros. Floats from one output to the next are free, so that the same kernel computes 1×1 and
/// larger windows, strides, a planar image (segments are rows of the window), transposed convolutions without overlap,
/// and the products of Winograd's transforms.
typedef struct {
    /// The input under the first tap of output pixel (0, 0); floats to that of the next row and of the next column.
    const float *x;
    size_t x_row, x_step;
    /// Floats from `x` to each segment; whole segments of `depth` floats, then `tail_segments` of `tail_depth`.
    const ptrdiff_t *offsets;
    size_t segments, depth, tail_segments, tail_depth;
    /// [float of all segments][vectors][LANES].
    const float *weights;
    /// Floats after these weights that the next call will read: they are prefetched meanwhile. Deep layers have more
    /// weights than a cache holds, so that each is read from memory once a run.
    size_t ahead;
    /// [vectors][LANES], what the sums start from; NULL for 0. Unused if `continues`.
    const float *bias;
    /// Added to the sums at the end, in the layout of y with its own distances; NULL for nothing.
    const float *residual;
    size_t residual_row, residual_step, residual_block;
    /// Limits of the result, -INFINITY and INFINITY for none. NaN and infinite sums become NaN.
    float low, high;
    /// Output pixel (0, 0); floats to the next row, column and block of channels.
    float *y;
    size_t y_row, y_step, y_block;
    /// Output pixels of a row.
    size_t columns;
    /// Whether the sums go on from what is in y.
    bool continues;
    /// Whether there are more segments to come: the sums are stored as they are, without residual and limits.
    bool is_partial;
} cvk_blocked_conv;

/// The most vectors of output channels that one call computes, two or three.
size_t cvk_blocked_conv_vectors(cvk_isa isa);

/// Computes `vectors` blocks of output channels of the rows `row_start ..< row_end`.
///
/// Each result is one chain of multiply-adds in the order of the segments: how rows, columns and channels are divided
/// does not change a bit.
void cvk_blocked_conv_rows(cvk_isa isa, const cvk_blocked_conv *conv, size_t vectors, size_t row_start, size_t row_end);

#endif
