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

/// Whether there is AVX-512 and the library may use it.
static inline int cusp_has_avx512(void) {
    return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
}

#endif
