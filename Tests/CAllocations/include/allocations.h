// How often this thread has called malloc since it started; always 0 where the C library has no hook for it.
unsigned long cusp_allocation_count(void);

// Whether calls are counted.
int cusp_counts_allocations(void);
