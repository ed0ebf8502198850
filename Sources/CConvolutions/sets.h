// The sets, each defined in a file of its own that is compiled for its instructions.

#ifndef CUSP_SETS_H
#define CUSP_SETS_H

#include "include/CConvolutions.h"

extern const struct cusp_kernel_set cusp_portable_kernels;
#if defined(__x86_64__)
extern const struct cusp_kernel_set cusp_avx2_kernels, cusp_avx512_kernels;
#elif defined(__aarch64__)
extern const struct cusp_kernel_set cusp_neon_kernels;
#endif

#endif
