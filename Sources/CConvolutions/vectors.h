// What the inner loops of the handwritten convolutions share: registers of 16 floats, which Swift cannot express, since it has
// no target attribute. Call them only where there is AVX-512.

#ifndef CUSP_VECTORS_H
#define CUSP_VECTORS_H

#if defined(__x86_64__)
#define CUSP_WIDE __attribute__((target("avx512f")))
#else
#define CUSP_WIDE
#endif
#define CUSP_UNROLLED _Pragma("clang loop unroll(full)")

typedef float cusp_vector __attribute__((vector_size(64)));
typedef float cusp_unaligned_vector __attribute__((vector_size(64), aligned(4), may_alias));

#define CUSP_LOAD(address) (*(const cusp_unaligned_vector *)(address))
#define CUSP_STORE(address, value) (*(cusp_unaligned_vector *)(address) = (value))

/// A number in all lanes: one load that spreads it, where it comes from memory.
CUSP_WIDE __attribute__((always_inline)) static inline cusp_vector cusp_splat(float b) {
  return (cusp_vector){b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b};
}

/// `a` times the number `b`, plus `c`, rounded once.
#define CUSP_FMA(a, b, c) __builtin_elementwise_fma((cusp_vector)(a), cusp_splat(b), (cusp_vector)(c))

/// How a batch of images lies in memory: the distance in floats between images, blocks of 16 channels, rows and pixels.
struct cusp_images {
  long height, width, channels;
  long image_stride, block_stride, row_stride, pixel_stride;
};

/// What follows the product: `bias` one number a channel or null, then a sum with what is there, then max(x, 0).
struct cusp_epilogue {
  const float *bias;
  int accumulates, relu;
};

/// Stores `result`, of 16 channels from `channel` on, ended so.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_finish(
    const struct cusp_epilogue *epilogue, long channel, cusp_vector result, float *place) {
  if (epilogue->bias) result += CUSP_LOAD(epilogue->bias + channel);
  if (epilogue->accumulates) result += CUSP_LOAD(place);
  if (epilogue->relu) result = __builtin_elementwise_max(result, (cusp_vector){});
  CUSP_STORE(place, result);
}

#endif
