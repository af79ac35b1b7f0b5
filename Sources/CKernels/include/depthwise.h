#ifndef CVK_DEPTHWISE_H
#define CVK_DEPTHWISE_H

#include <stddef.h>

#include "isa.h"

/// A plane as the taps of a window read it: with its border of zeros, and the pixels of a row sorted by their place
/// modulo the stride, so that what a tap sees from neighbouring output pixels lies side by side.
///
/// Pixel (y, x) of the padded plane is laid[(y · stride + x % stride) · pitch + x / stride].
typedef struct {
    size_t height, width;
    /// Rows and columns of zeros above and on the left.
    size_t pad_top, pad_left;
    /// From one pixel that a tap sees to the next one, in a row.
    size_t stride;
    /// Rows of the padded plane, and pixels of one remainder in a row of it.
    size_t rows, pitch;
} cvk_phases;

/// Floats of a plane that is laid out, with some zeros at its end, where whole vectors are read past the last pixel.
size_t cvk_phases_size(const cvk_phases *phases);

void cvk_pack_phases(const cvk_phases *phases, const float *plane, float *packed);

/// The other way: what belongs to the border is left away.
void cvk_unpack_phases(const cvk_phases *phases, const float *packed, float *plane);

/// What a filter makes of a plane that is laid out: y[r · columns + x] = Σ over taps weights[t] · seen(t, r, x), with
/// seen(t, r, x) = laid[offsets[t] + r · step + x].
void cvk_depthwise(cvk_isa isa, const float *packed, size_t step, const ptrdiff_t *offsets, const float *weights,
                   size_t taps, size_t rows, size_t columns, float *y);

/// Its gradient with respect to the plane: adds weights[t] · dy[r · columns + x] to where seen(t, r, x) came from.
void cvk_depthwise_input(cvk_isa isa, float *packed, size_t step, const ptrdiff_t *offsets, const float *weights,
                         size_t taps, size_t rows, size_t columns, const float *dy);

/// Its gradient with respect to the filter: gradient[t] += Σ dy[r · columns + x] · seen(t, r, x).
void cvk_depthwise_weight(cvk_isa isa, const float *packed, size_t step, const ptrdiff_t *offsets, size_t taps,
                          size_t rows, size_t columns, const float *dy, float *gradient);

#endif
