// What the inner loops share: vectors of 16 floats, which are one register of AVX-512, two of AVX2, four of others; the compiler
// cuts them. The file that includes this says by CUSP_WIDE for which instructions, and by CUSP_COLUMNS how many vectors
// a product computes side by side, so that its sums stay in registers.

#ifndef CUSP_VECTORS_H
#define CUSP_VECTORS_H

#include "../include/structures.h"

// What kernels are told by structures is `restrict`, or it would be read anew after every store, which might have changed it.

// Vectors are handed only to functions that become part of their callers, so that no convention of calls matters.
#pragma clang diagnostic ignored "-Wpsabi"

#ifndef CUSP_UNROLLED
#define CUSP_UNROLLED _Pragma("clang loop unroll(full)")
#endif

typedef float cusp_vector __attribute__((vector_size(64)));
typedef int cusp_lanes_mask __attribute__((vector_size(64)));
typedef float cusp_unaligned_vector __attribute__((vector_size(64), aligned(4), may_alias));

#define CUSP_LOAD(address) (*(const cusp_unaligned_vector *)(address))
#define CUSP_STORE(address, value) (*(cusp_unaligned_vector *)(address) = (value))

/// A number in all lanes: one load that spreads it, where it comes from memory.
CUSP_WIDE __attribute__((always_inline)) static inline cusp_vector cusp_splat(float b) {
  return (cusp_vector){b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b};
}

/// `a` times the number `b`, plus `c`, rounded once.
#define CUSP_FMA(a, b, c) __builtin_elementwise_fma((cusp_vector)(a), cusp_splat(b), (cusp_vector)(c))

/// Stores `result`, of 16 channels from `channel` on, ended so.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_finish(
    const struct cusp_epilogue *restrict epilogue, long channel, cusp_vector result, float *place) {
  if (epilogue->bias) result += CUSP_LOAD(epilogue->bias + channel);
  if (epilogue->accumulates) result += CUSP_LOAD(place + epilogue->addend);
  if (epilogue->relu) result = __builtin_elementwise_max(result, (cusp_vector){});
  if (epilogue->mask) result = (cusp_vector)((cusp_lanes_mask)result & (CUSP_LOAD(place + epilogue->mask) > 0));
  if (epilogue->streams) __builtin_nontemporal_store(result, (cusp_vector *)place);
  else CUSP_STORE(place, result);
}

#endif
