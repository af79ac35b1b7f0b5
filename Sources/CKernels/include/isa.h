#ifndef CVK_ISA_H
#define CVK_ISA_H

/// The instruction sets that kernels are written for, each containing the ones before it on its architecture.
///
/// Every kernel takes the instruction set as its first argument: there is no global state, and a test can run each in
/// turn.
typedef enum {
    CVK_SCALAR = 0,  // portable C
    CVK_NEON = 1,    // arm64
    CVK_AVX2 = 2,    // x86-64 with AVX2, FMA and F16C
    CVK_AVX512 = 3,  // x86-64 with AVX-512 F, BW, DQ and VL
} cvk_isa;

/// The best instruction set of this processor, detected at run time.
cvk_isa cvk_isa_best(void);

#endif
