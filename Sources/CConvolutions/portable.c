// The kernels for any processor: the reference. On ARM they run on NEON's four registers of four floats.

#include "sets.h"

#define CUSP_WIDE
#define CUSP_COLUMNS 1
#if !defined(__FMA__) && !defined(__aarch64__)
// A fused multiply-add is a call then: small is better than fast.
#define CUSP_UNROLLED
#endif
#include "kernels/all.h"

const struct cusp_kernel_set cusp_portable_kernels = CUSP_KERNEL_SET("portable");
