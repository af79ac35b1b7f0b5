#ifndef CCODECS_H
#define CCODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// libjpeg and libpng, from memory to memory.
///
/// Both libraries report an error by longjmp. Every jump starts and ends inside one call of this file: none ever
/// crosses a frame of the caller, so that a caller in another language is safe.
///
/// Decoding has two phases. `cvc_…_open` reads the header and allocates nothing that depends on the size of the
/// picture; the caller compares the header with its limits, allocates, and calls `cvc_read`.

typedef enum {
    CVC_OK = 0,
    CVC_TRUNCATED,       // the data end before the picture does
    CVC_CORRUPT,         // the data contradict the format
    CVC_UNSUPPORTED,     // valid, but not something that the library decodes
    CVC_TOO_MANY_SCANS,  // a progressive JPEG with more scans than the limit
} cvc_status;

typedef struct {
    int max_scans;  // of a JPEG; decoding time grows with their number, while the file hardly grows
    bool tolerant;  // true: damaged and missing parts become whatever can be made of them
    bool indices;   // true: of a PNG with a palette, or a grey one of up to 8 bits, the numbers as they are stored
} cvc_options;

typedef struct {
    uint32_t width, height;
    int channels;  // of the decoded picture: 3 = RGB, 4 = RGBA with straight alpha, 1 = indices
} cvc_header;

typedef struct cvc_decoder cvc_decoder;

/// Reads the header. `bytes` must stay in place until `cvc_close`.
///
/// NULL only when memory runs out; any other failure is in `cvc_decoder_status`.
cvc_decoder *cvc_jpeg_open(const uint8_t *bytes, size_t count, cvc_options options);
cvc_decoder *cvc_png_open(const uint8_t *bytes, size_t count, cvc_options options);

/// Decodes the whole picture into `pixels`, height × width × channels samples. Call once, after a good open.
void cvc_read(cvc_decoder *decoder, uint8_t *pixels);

void cvc_close(cvc_decoder *decoder);

cvc_status cvc_decoder_status(const cvc_decoder *decoder);
cvc_header cvc_decoder_header(const cvc_decoder *decoder);
/// The library's own words for the failure; empty when there is none. Lives as long as the decoder.
const char *cvc_decoder_message(const cvc_decoder *decoder);

/// An encoded file, or the reason why there is none (`bytes` is NULL then). Free it with `cvc_encoded_free`.
typedef struct cvc_encoded cvc_encoded;

/// `rgb`: height × width × 3. quality 1…100. `full_chroma`: 4:4:4 rather than 4:2:0.
cvc_encoded *cvc_jpeg_encode(const uint8_t *rgb, uint32_t width, uint32_t height, int quality, bool full_chroma);

/// `pixels`: height × width × channels, channels 1 (grey), 3 or 4. compression 0 (none) … 9 (slowest).
cvc_encoded *cvc_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int compression);

/// `indices`: height × width. `palette`: `colors` (1 to 256) × 3 samples; every index is below `colors`.
cvc_encoded *cvc_png_encode_indexed(const uint8_t *indices, uint32_t width, uint32_t height, const uint8_t *palette,
                                    int colors, int compression);

const uint8_t *cvc_encoded_bytes(const cvc_encoded *encoded);
size_t cvc_encoded_count(const cvc_encoded *encoded);
const char *cvc_encoded_message(const cvc_encoded *encoded);
void cvc_encoded_free(cvc_encoded *encoded);

#endif
