// The function of libFuzzer that a fuzz target calls; the sanitizer's runtime defines it.
#ifndef CVTOOLKIT_FUZZER_H
#define CVTOOLKIT_FUZZER_H

#include <stddef.h>
#include <stdint.h>

/// Changes `size` bytes in place, to at most `capacity`; returns the new size.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);

#endif
