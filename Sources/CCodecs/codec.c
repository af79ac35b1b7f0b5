#include "codec.h"

#include <stdlib.h>

void cvc_read(cvc_decoder *decoder, uint8_t *pixels) { decoder->read(decoder, pixels); }

void cvc_close(cvc_decoder *decoder) {
    if (decoder) decoder->close(decoder);
}

cvc_status cvc_decoder_status(const cvc_decoder *decoder) { return decoder->status; }
cvc_header cvc_decoder_header(const cvc_decoder *decoder) { return decoder->header; }
const char *cvc_decoder_message(const cvc_decoder *decoder) { return decoder->message; }

const uint8_t *cvc_encoded_bytes(const cvc_encoded *encoded) { return encoded->bytes; }
size_t cvc_encoded_count(const cvc_encoded *encoded) { return encoded->count; }
const char *cvc_encoded_message(const cvc_encoded *encoded) { return encoded->message; }

void cvc_encoded_free(cvc_encoded *encoded) {
    if (!encoded) return;
    free(encoded->bytes);
    free(encoded);
}

bool cvc_encoded_reserve(cvc_encoded *encoded, size_t extra) {
    if (extra <= encoded->capacity - encoded->count) return true;
    size_t capacity = encoded->capacity * 2 + extra;
    uint8_t *grown = realloc(encoded->bytes, capacity);
    if (!grown) return false;
    encoded->bytes = grown;
    encoded->capacity = capacity;
    return true;
}
