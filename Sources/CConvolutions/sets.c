#include "sets.h"

#include <stddef.h>
#include <string.h>

const struct cusp_kernel_set *cusp_find_kernel_set(const char *name) {
  if (strcmp(name, "portable") == 0) return &cusp_portable_kernels;
#if defined(__x86_64__)
  if (strcmp(name, "avx2") == 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return &cusp_avx2_kernels;
  if (strcmp(name, "avx512") == 0 && __builtin_cpu_supports("avx512f")) return &cusp_avx512_kernels;
#elif defined(__aarch64__)
  if (strcmp(name, "neon") == 0) return &cusp_neon_kernels;
#endif
  return NULL;
}
