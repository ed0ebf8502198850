// The kernels for any processor: the reference.

#include "sets.h"

#define CUSP_WIDE
#define CUSP_COLUMNS 1
#if !defined(__FMA__)
// A fused multiply-add is a call then: small is better than fast.
#define CUSP_UNROLLED
#endif
#include "kernels/all.h"

const struct cusp_kernel_set cusp_portable_kernels = CUSP_KERNEL_SET("portable");
