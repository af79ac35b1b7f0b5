// All kernels: pure functions without allocation, globals or input and output.
#include "convolution.h"
#include "elementwise.h"
#include "gemm.h"
#include "half.h"
#include "isa.h"
#include "optimizer.h"
#include "pooling.h"
#include "resize.h"
