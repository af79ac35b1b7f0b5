#include <string.h>

#include <zlib.h>

#include "ccodecs.h"

size_t cvc_inflate(const uint8_t *bytes, size_t count, uint8_t *target, size_t capacity) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (count > UINT32_MAX || capacity > UINT32_MAX || inflateInit(&stream) != Z_OK) return 0;
    stream.next_in = (Bytef *)bytes;
    stream.avail_in = (uInt)count;
    stream.next_out = target;
    stream.avail_out = (uInt)capacity;
    inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return capacity - stream.avail_out;
}
