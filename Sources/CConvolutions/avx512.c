// The kernels for processors with AVX-512.

#include "sets.h"

#if defined(__x86_64__)
#define CUSP_WIDE __attribute__((target("avx512f")))
#define CUSP_COLUMNS 4
#include "kernels/all.h"

const struct cusp_kernel_set cusp_avx512_kernels = CUSP_KERNEL_SET("avx512");
#endif
