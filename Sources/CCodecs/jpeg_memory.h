#ifndef CCODECS_JPEG_MEMORY_H
#define CCODECS_JPEG_MEMORY_H

#include <stdio.h>

#include <jpeglib.h>

#include "codec.h"

/// A compressor that writes to the memory of a `cvc_encoded`, and jumps to its `escape` after an error.
typedef struct {
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
} cvc_jpeg_encoder;

/// Writes the library's message into the `cvc_encoded` that is the client data of `info`, and jumps to its `escape`.
_Noreturn void cvc_jpeg_escape(j_common_ptr info);

/// Creates the compressor of an encoder that is all zeros.
void cvc_jpeg_create(cvc_jpeg_encoder *encoder, cvc_encoded *result);

/// Writes all rows of an image, after `jpeg_start_compress`: height × width × `input_components` samples.
void cvc_jpeg_write_rows(struct jpeg_compress_struct *info, const uint8_t *samples);

#endif
