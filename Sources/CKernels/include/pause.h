#ifndef CVK_PAUSE_H
#define CVK_PAUSE_H

/// Tells the processor that this thread waits in a loop: the other thread of its core goes first, and power is saved.
static inline void cvk_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

#endif
