#ifndef CCODECS_CODEC_H
#define CCODECS_CODEC_H

#include <setjmp.h>

#include "ccodecs.h"

/// The common part of both decoders. It is their first member, so that a pointer to one is a pointer to the other.
struct cvc_decoder {
    cvc_options options;
    cvc_header header;
    cvc_status status;
    char message[256];
    jmp_buf escape;  // the target of the library's error handler; set by every entry point
    void (*read)(cvc_decoder *decoder, uint8_t *pixels);
    void (*close)(cvc_decoder *decoder);
};

struct cvc_encoded {
    uint8_t *bytes;  // owned, from malloc
    size_t count, capacity;
    char message[256];
    jmp_buf escape;
};

/// Makes room for `extra` bytes after the first `count`. Returns false if memory runs out; the bytes are kept then.
bool cvc_encoded_reserve(cvc_encoded *encoded, size_t extra);

#endif
