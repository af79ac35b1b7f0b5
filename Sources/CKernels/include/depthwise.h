#ifndef CVK_DEPTHWISE_H
#define CVK_DEPTHWISE_H

#include <stddef.h>

#include "isa.h"

/// The phase-split layout of one padded plane: the pixels of a row are sorted by column modulo the stride, so that a
/// tap reads contiguous floats for neighboring output pixels.
///
/// Pixel (y, x) of the padded plane is packed[(y · stride + x % stride) · pitch + x / stride].
typedef struct {
    /// Rows and columns of the plane, without padding.
    size_t height, width;
    /// Rows of zeros above the plane, and columns of zeros on its left.
    size_t pad_top, pad_left;
    /// Horizontal stride of the convolution, which is the number of phases.
    size_t stride;
    /// Rows of the padded plane, and floats of one phase of a row.
    size_t rows, pitch;
} cvk_phases;

/// Floats of a packed plane, including slack at its end: whole vectors are read past the last pixel.
size_t cvk_phases_size(const cvk_phases *phases);

/// Packs plane (height × width) into the phase-split layout, with zeros for the padding and the slack.
///
/// packed: `cvk_phases_size` floats.
void cvk_pack_phases(const cvk_phases *phases, const float *plane, float *packed);

/// The inverse of `cvk_pack_phases`: the padding is dropped, and pixels that no window covers become 0.
void cvk_unpack_phases(const cvk_phases *phases, const float *packed, float *plane);

/// Depthwise convolution of one packed plane: y[r · columns + x] = Σ over taps t of weights[t] · input(t, r, x), where
/// input(t, r, x) = packed[offsets[t] + r · step + x].
///
/// step: floats of `packed` from one output row to the next. offsets, weights: `taps` elements. y: rows × columns.
void cvk_depthwise(cvk_isa isa, const float *packed, size_t step, const ptrdiff_t *offsets, const float *weights,
                   size_t taps, size_t rows, size_t columns, float *y);

/// Gradient with respect to the plane: adds weights[t] · dy[r · columns + x] to the packed input(t, r, x).
///
/// packed: the gradient, accumulated; the other arguments are those of `cvk_depthwise`. dy: rows × columns.
void cvk_depthwise_input(cvk_isa isa, float *packed, size_t step, const ptrdiff_t *offsets, const float *weights,
                         size_t taps, size_t rows, size_t columns, const float *dy);

/// Gradient with respect to the filter: gradient[t] += Σ over r, x of dy[r · columns + x] · input(t, r, x).
///
/// gradient: `taps` floats, accumulated; the other arguments are those of `cvk_depthwise`. dy: rows × columns.
void cvk_depthwise_weight(cvk_isa isa, const float *packed, size_t step, const ptrdiff_t *offsets, size_t taps,
                          size_t rows, size_t columns, const float *dy, float *gradient);

#endif
