#include "isa.h"

cvk_isa cvk_isa_best(void) {
#if defined(__x86_64__)
    // These query the processor and the operating system (which must save the wide registers).
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c"))
        return CVK_SCALAR;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return CVK_AVX512;
    return CVK_AVX2;
#elif defined(__aarch64__)
    return CVK_NEON;
#else
    return CVK_SCALAR;
#endif
}
