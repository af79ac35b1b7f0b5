#ifndef CVK_DISPATCH_H
#define CVK_DISPATCH_H

// Calls the function of the instruction set `isa`, with its name at the end of the function's.
#if defined(__x86_64__)
#define DISPATCH(function, ...)                                 \
    switch (isa) {                                              \
    case CVK_AVX512: return function##_avx512(__VA_ARGS__);     \
    case CVK_AVX2: return function##_avx2(__VA_ARGS__);         \
    default: return function##_scalar(__VA_ARGS__);             \
    }
#elif defined(__aarch64__)
#define DISPATCH(function, ...)                                 \
    switch (isa) {                                              \
    case CVK_NEON: return function##_neon(__VA_ARGS__);         \
    default: return function##_scalar(__VA_ARGS__);             \
    }
#else
#define DISPATCH(function, ...) return function##_scalar(__VA_ARGS__);
#endif

#endif
