#ifndef CCODECS_CODEC_H
#define CCODECS_CODEC_H

#include <setjmp.h>

#include "ccodecs.h"

/// What both decoders have in common: each begins with this struct, so that a pointer to one points to the other.
struct cvc_decoder {
    cvc_options options;
    cvc_header header;
    cvc_status status;
    char message[256];
    jmp_buf escape;  // where an error of the library ends up; set anew by every entry point
    void (*read)(cvc_decoder *decoder, uint8_t *pixels);
    void (*close)(cvc_decoder *decoder);
};

struct cvc_encoded {
    uint8_t *bytes;  // malloc
    size_t count, capacity;
    char message[256];
    jmp_buf escape;
};

/// Makes room for `extra` bytes after the first `count`. False when memory runs out; what is there stays.
bool cvc_encoded_reserve(cvc_encoded *encoded, size_t extra);

#endif
