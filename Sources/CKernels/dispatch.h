#ifndef CVK_DISPATCH_H
#define CVK_DISPATCH_H

// Calls the variant of `function` for the instruction set `isa`: its name has the suffix of the instruction set.
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
