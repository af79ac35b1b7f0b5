#ifndef CCODECS_H
#define CCODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// libjpeg and libpng, from memory to memory. Samples are 8 bits, rows are contiguous.
//
// Both libraries report an error by longjmp. Every jump starts and ends inside one call of this file: none crosses a
// frame of the caller, so that a caller in another language is safe.
//
// Decoding has two phases. `cvc_…_open` reads the header and allocates nothing that depends on the size of the image;
// the caller checks the header against its limits, allocates, and calls `cvc_read`.

/// The state of a decoder.
typedef enum {
    CVC_OK = 0,
    CVC_TRUNCATED,       // the data end before the image does
    CVC_CORRUPT,         // the data violate the format
    CVC_UNSUPPORTED,     // valid, but not supported by the library
    CVC_TOO_MANY_SCANS,  // a progressive JPEG with more scans than the limit
} cvc_status;

/// Options of decoding.
typedef struct {
    int max_scans;  // of a JPEG: decoding time grows with their number, while the file hardly grows
    bool tolerant;  // true: decode damaged and truncated files as far as possible
    bool indices;   // true: the stored values of a palette PNG, or of a grayscale PNG of up to 8 bits
} cvc_options;

/// The size of a decoded image.
typedef struct {
    uint32_t width, height;  // in pixels
    int channels;            // of the decoded image: 3 = RGB, 4 = RGBA with straight alpha, 1 = indices
} cvc_header;

/// A decoder of one JPEG or PNG file.
typedef struct cvc_decoder cvc_decoder;

/// Reads the header of a JPEG file of `count` bytes, which must outlive the decoder.
///
/// Returns NULL only if memory runs out; any other failure is in `cvc_decoder_status`.
cvc_decoder *cvc_jpeg_open(const uint8_t *bytes, size_t count, cvc_options options);
/// Reads the header of a PNG file, as `cvc_jpeg_open`.
cvc_decoder *cvc_png_open(const uint8_t *bytes, size_t count, cvc_options options);

/// Decodes the whole image into `pixels`: height × width × channels samples. Call once, after a successful open.
void cvc_read(cvc_decoder *decoder, uint8_t *pixels);

/// Frees the decoder; NULL is allowed.
void cvc_close(cvc_decoder *decoder);

/// The result of the last call with this decoder.
cvc_status cvc_decoder_status(const cvc_decoder *decoder);
/// The size of the image, valid after a successful open.
cvc_header cvc_decoder_header(const cvc_decoder *decoder);
/// The error message of the library, or an empty string. Lives as long as the decoder.
const char *cvc_decoder_message(const cvc_decoder *decoder);

/// Decompresses a zlib stream, such as that of a PNG's zTXt chunk, into at most `capacity` bytes.
///
/// Returns the number of bytes, less than all if the stream is damaged or has more than `capacity`.
size_t cvc_inflate(const uint8_t *bytes, size_t count, uint8_t *target, size_t capacity);

/// An encoded file, or an error message (`cvc_encoded_bytes` is NULL then). Free it with `cvc_encoded_free`.
typedef struct cvc_encoded cvc_encoded;

/// Encodes a JPEG. rgb: height × width × 3 samples. quality: 1 … 100. full_chroma: 4:4:4 instead of 4:2:0 subsampling.
///
/// Returns NULL only if memory runs out, as the other encoders.
cvc_encoded *cvc_jpeg_encode(const uint8_t *rgb, uint32_t width, uint32_t height, int quality, bool full_chroma);

/// A part of an image, in pixels as they are stored: columns left … right - 1, rows top … bottom - 1.
typedef struct {
    uint32_t left, top, right, bottom;
} cvc_region;

/// Replaces parts of a JPEG, and keeps the coefficients of all others, and all markers, to the bit.
///
/// What is replaced are the blocks that the regions touch; they are coded with the tables of the file. bytes: the file.
/// max_scans: as in `cvc_options`. samples: height × width × channels, 3 or, for a file of one component, 1: the image with
/// its changes, as it is stored (not oriented). Fails for files of another number of components.
cvc_encoded *cvc_jpeg_replace(const uint8_t *bytes, size_t count, int max_scans, const uint8_t *samples, int channels,
                              const cvc_region *regions, size_t region_count);

/// The number of components of a JPEG: 1 (gray), 3, or 4 (CMYK); 0 if it has no valid header.
int cvc_jpeg_components(const uint8_t *bytes, size_t count);

/// Encodes a PNG. pixels: height × width × channels samples, channels 1 (grayscale), 3 or 4. compression: 0 (none) … 9.
cvc_encoded *cvc_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int compression);

/// Encodes a palette PNG. indices: height × width, each below `colors`. palette: colors (1 … 256) × 3 samples.
cvc_encoded *cvc_png_encode_indexed(const uint8_t *indices, uint32_t width, uint32_t height, const uint8_t *palette,
                                    int colors, int compression);

/// The bytes of the file, or NULL after an error. Live as long as `encoded`.
const uint8_t *cvc_encoded_bytes(const cvc_encoded *encoded);
/// The size of the file, in bytes.
size_t cvc_encoded_count(const cvc_encoded *encoded);
/// The error message of the library, or an empty string. Lives as long as `encoded`.
const char *cvc_encoded_message(const cvc_encoded *encoded);
/// Frees the file; NULL is allowed.
void cvc_encoded_free(cvc_encoded *encoded);

#endif
