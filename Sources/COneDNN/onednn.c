#include "shim.h"

#include <dlfcn.h>

#define DEFINE(name) __typeof__(dnnl_##name) *onednn_##name;
CUSP_COMMON_FUNCTIONS(DEFINE)
CUSP_OWN_FUNCTIONS(DEFINE)

static void *library;

const char *cusp_onednn_load(const char *file) {
    // Local, so that nothing else is bound to its functions, or to those of the OpenMP that it brings.
    void *loaded = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!loaded) return dlerror();
#define FIND(name) \
    if (!(onednn_##name = (__typeof__(dnnl_##name) *)dlsym(loaded, "dnnl_" #name))) return dlerror();
    CUSP_COMMON_FUNCTIONS(FIND)
    CUSP_OWN_FUNCTIONS(FIND)
    library = loaded;
    return 0;
}

void *cusp_onednn_symbol(const char *name) { return library ? dlsym(library, name) : 0; }
