#ifndef CKERNELS_TRUNCATE_H
#define CKERNELS_TRUNCATE_H

#include <stdint.h>

/// `value` without its fraction, for values that an int64_t holds: the caller has compared it with the limits.
static inline int64_t cvk_truncated(double value) { return (int64_t)value; }

/// As `cvk_truncated`, for values that an int32_t holds.
static inline int32_t cvk_truncated_float(float value) { return (int32_t)value; }

#endif
