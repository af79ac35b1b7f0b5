#ifndef CVK_PAUSE_H
#define CVK_PAUSE_H

/// A spin-wait hint: the processor saves power and favors the other thread of its core.
static inline void cvk_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

#endif
