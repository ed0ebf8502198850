// The kernels for processors with AVX2 and fused multiply-adds.

#include "sets.h"

#if defined(__x86_64__)
#define CUSP_WIDE __attribute__((target("avx2,fma")))
#define CUSP_COLUMNS 1
// Weights that come from the last cache or beyond would else be waited for.
#define CUSP_AHEAD 32
#include "kernels/all.h"

const struct cusp_kernel_set cusp_avx2_kernels = CUSP_KERNEL_SET("avx2");
#endif
