// One interface to oneDNN 2.x and 3.x, so that Swift sees no difference: that of 3.x, where memory descriptors are
// handles and kernels are made in one call. `onednn_NAME` is `dnnl_NAME` of 3.x, which version2.h makes of what 2.x
// has; what both have in different forms begins with `cusp_`.
//
// Nothing is linked: the functions are pointers, which `cusp_onednn_load` finds in the library that it loads. They have
// the types of the installed header.

#ifndef CUSP_ONEDNN_SHIM_H
#define CUSP_ONEDNN_SHIM_H

#include <oneapi/dnnl/dnnl.h>

/// Loads the library `file` and finds its functions; null, or what is wrong in the system's words.
///
/// To be called once, before any of the functions, which have no value where it fails.
const char *cusp_onednn_load(const char *file);

/// The function `name` of the library that was loaded, or of those that it needs; null where there is none.
void *cusp_onednn_symbol(const char *name);

/// Functions that both versions have by the same name.
#define CUSP_COMMON_FUNCTIONS(EACH) \
    EACH(version) EACH(get_effective_cpu_isa) EACH(set_max_cpu_isa) \
    EACH(engine_create) EACH(engine_destroy) EACH(stream_create) EACH(stream_wait) EACH(stream_destroy) \
    EACH(memory_create) EACH(memory_set_data_handle) EACH(memory_destroy) \
    EACH(memory_desc_get_size) EACH(memory_desc_equal) \
    EACH(primitive_create) EACH(primitive_execute) EACH(primitive_destroy) \
    EACH(primitive_desc_query) EACH(primitive_desc_query_md) EACH(primitive_desc_destroy) \
    EACH(primitive_attr_create) EACH(primitive_attr_set_scratchpad_mode) EACH(primitive_attr_set_post_ops) \
    EACH(primitive_attr_destroy) EACH(post_ops_create) EACH(post_ops_append_sum) EACH(post_ops_append_eltwise) \
    EACH(post_ops_append_binary) EACH(post_ops_destroy) \
    EACH(concat_primitive_desc_create) EACH(reorder_primitive_desc_create)

// Swift may read them from any thread: they are written once, before.
#define CUSP_DECLARE(name) \
    extern __typeof__(dnnl_##name) *onednn_##name __attribute__((swift_attr("nonisolated(unsafe)")));

CUSP_COMMON_FUNCTIONS(CUSP_DECLARE)

#if DNNL_VERSION_MAJOR >= 3
#include "version3.h"
#else
#include "version2.h"
#endif

/// 2 where there is AVX-512 and the library may use it, 1 where that holds of AVX2, else 0.
static inline int cusp_instruction_level(void) {
    dnnl_cpu_isa_t isa = onednn_get_effective_cpu_isa();
    if ((isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core) return 2;
    return (isa & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2;
}

#endif
