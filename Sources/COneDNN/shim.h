// One interface to oneDNN 2.x and 3.x, so that Swift sees no difference: that of 3.x, where memory descriptors are
// handles and kernels are made in one call. Functions of 3.x that 2.x lacks have the name of 3.x (version2.h); those
// that both have in different forms begin with `cusp_`.

#ifndef CUSP_ONEDNN_SHIM_H
#define CUSP_ONEDNN_SHIM_H

#include <oneapi/dnnl/dnnl.h>

#if DNNL_VERSION_MAJOR >= 3
#include "version3.h"
#else
#include "version2.h"
#endif

/// 2 where there is AVX-512 and the library may use it, 1 where that holds of AVX2, else 0.
static inline int cusp_instruction_level(void) {
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    if ((isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core) return 2;
    return (isa & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2;
}

#endif
