#ifndef CVK_IM2COL_H
#define CVK_IM2COL_H

#include <stddef.h>

/// One picture and the windows that a convolution or a pooling slides over it.
typedef struct {
    size_t channels, height, width;             // of the input
    size_t kernel_height, kernel_width;         // of the window
    size_t stride_y, stride_x;                  // steps of the window
    size_t pad_top, pad_left;                   // zeros before the first row and column
    size_t dilation_y, dilation_x;              // distance of two taps
    size_t output_height, output_width;
} cvk_window;

/// Lays out the input of a convolution as the matrix B of a product (im2col), for a block of it.
///
/// The whole matrix has a row for each (channel, tap y, tap x) and a column for each output pixel; element
/// (row, column) is the input that the tap sees from that pixel, 0 in the padding. Rows `row_start ..< row_end` and
/// columns `column_start ..< column_end` go to `packed`, in panels of `panel` columns, one for each
/// `cvk_gemm_panel`; the last panel is filled up with zeros. `line` is scratch for column_end - column_start + panel floats.
void cvk_pack_windows(const cvk_window *window, const float *input, size_t row_start, size_t row_end,
                      size_t column_start, size_t column_end, size_t panel, float *packed, float *line);

/// The same block transposed, as the matrix B of a product over the output pixels: a row for each of the columns
/// `column_start ..< column_end`, a column for each of the rows `row_start ..< row_end`, in panels of `panel` of those.
///
/// `line` is scratch for column_end - column_start floats.
void cvk_pack_windows_transposed(const cvk_window *window, const float *input, size_t row_start, size_t row_end,
                                 size_t column_start, size_t column_end, size_t panel, float *packed, float *line);

/// The opposite of laying out (col2im): adds the taps of one channel to the plane that they were taken from.
///
/// taps: a row for each tap, `stride` floats apart, with the columns `column_start ..< column_end` of the matrix.
/// What stands for the padding is dropped.
void cvk_add_windows(const cvk_window *window, const float *taps, size_t stride, size_t column_start,
                     size_t column_end, float *plane);

#endif
