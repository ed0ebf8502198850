// The kernels for ARM, whose 32 registers of four floats hold six rows of a vector's sums.

#include "sets.h"

#if defined(__aarch64__)
#define CUSP_WIDE
#define CUSP_COLUMNS 1
#include "kernels/all.h"

const struct cusp_kernel_set cusp_neon_kernels = CUSP_KERNEL_SET("neon");
#endif
