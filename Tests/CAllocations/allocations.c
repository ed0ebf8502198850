#include "allocations.h"

#include <stddef.h>
#include <stdlib.h>

// A program's own malloc takes the place of the C library's, for the Swift runtime and all libraries too; this one counts
// and hands on.
#ifdef __GLIBC__

extern void *__libc_malloc(size_t size);

static _Thread_local unsigned long count;

void *malloc(size_t size) {
  count += 1;
  return __libc_malloc(size);
}

unsigned long cusp_allocation_count(void) { return count; }
int cusp_counts_allocations(void) { return 1; }

#else

unsigned long cusp_allocation_count(void) { return 0; }
int cusp_counts_allocations(void) { return 0; }

#endif
