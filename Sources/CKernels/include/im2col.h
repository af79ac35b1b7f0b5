#ifndef CVK_IM2COL_H
#define CVK_IM2COL_H

#include <stddef.h>

/// The geometry of a convolution or a pooling over one image, in pixels.
typedef struct {
    size_t channels, height, width;             // of the input
    size_t kernel_height, kernel_width;         // taps of the window
    size_t stride_y, stride_x;                  // input pixels from one window to the next
    size_t pad_top, pad_left;                   // padding before the first row and column
    size_t dilation_y, dilation_x;              // input pixels from one tap to the next
    size_t output_height, output_width;         // windows
} cvk_window;

/// Packs a block of the im2col matrix, the matrix B of the GEMM of a convolution.
///
/// The whole matrix has a row for each (channel, tap y, tap x) and a column for each output pixel; element
/// (row, column) is the input under that tap of that window, 0 in the padding. Rows `row_start ..< row_end` of columns
/// `column_start ..< column_end` are packed in panels of `panel` columns, one for each call of `cvk_gemm_panel`; the
/// last panel is padded with zeros.
///
/// input: channels × height × width. packed: panels × (row_end - row_start) × panel.
/// line: scratch of column_end - column_start + panel floats.
void cvk_pack_windows(const cvk_window *window, const float *input, size_t row_start, size_t row_end,
                      size_t column_start, size_t column_end, size_t panel, float *packed, float *line);

/// Packs the same block transposed, as the matrix B of a GEMM that sums over output pixels: a row for each of the
/// columns `column_start ..< column_end`, in panels of `panel` of the rows `row_start ..< row_end`.
///
/// input: channels × height × width. packed: panels × (column_end - column_start) × panel.
/// line: scratch of column_end - column_start floats.
void cvk_pack_windows_transposed(const cvk_window *window, const float *input, size_t row_start, size_t row_end,
                                 size_t column_start, size_t column_end, size_t panel, float *packed, float *line);

/// The adjoint of `cvk_pack_windows` (col2im) for one channel: adds every tap to the pixel it was read from.
///
/// taps: a row for each tap, `stride` floats apart, of the columns `column_start ..< column_end`. plane: height ×
/// width, accumulated; taps in the padding are dropped.
void cvk_add_windows(const cvk_window *window, const float *taps, size_t stride, size_t column_start,
                     size_t column_end, float *plane);

#endif
