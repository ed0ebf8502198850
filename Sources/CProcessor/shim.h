// Fused multiply-adds as fast as this processor does them: what Swift cannot express, since it has no target attribute.

#ifndef CUSP_PROCESSOR_H
#define CUSP_PROCESSOR_H

// A function of `rounds` rounds of `chains` independent sums, each of vectors of `width` floats. A multiply-add takes
// about four cycles and two start in each, so eight sums or more keep both units busy; all of them stay in registers.
#define CUSP_CHAINS(name, attributes, width, chains, multiply_add)                                     \
  attributes static inline float name(long rounds) {                                                   \
    typedef float vector __attribute__((vector_size((width) * sizeof(float))));                        \
    vector factor = (vector){} + 0.5f, summand = (vector){} + 1.0f, sums[chains];                      \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < (chains); i++) sums[i] = summand * (float)i; \
    for (long round = 0; round < rounds; round++) {                                                    \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < (chains); i++)                            \
        sums[i] = multiply_add(sums[i], factor, summand);                                              \
    }                                                                                                  \
    vector total = sums[0];                                                                            \
    _Pragma("clang loop unroll(full)") for (int i = 1; i < (chains); i++) total += sums[i];            \
    return total[0];                                                                                   \
  }

#define CUSP_TWO_STEPS(a, b, c) ((a) * (b) + (c))

#if defined(__x86_64__)
CUSP_CHAINS(cusp_chains_512, __attribute__((target("avx512f"))), 16, 16, __builtin_elementwise_fma)
CUSP_CHAINS(cusp_chains_256, __attribute__((target("avx2,fma"))), 8, 12, __builtin_elementwise_fma)
CUSP_CHAINS(cusp_chains_128, , 4, 12, CUSP_TWO_STEPS)
#else
CUSP_CHAINS(cusp_chains_128, , 4, 16, __builtin_elementwise_fma)
#endif

/// Runs `rounds` rounds in the widest registers there are; `sum` keeps the work from being left out. Returns how many
/// multiply-adds of one float each a round has.
static inline long cusp_multiply_add(long rounds, float *sum) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    *sum = cusp_chains_512(rounds);
    return 16 * 16;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    *sum = cusp_chains_256(rounds);
    return 8 * 12;
  }
  *sum = cusp_chains_128(rounds);
  return 4 * 12;
#else
  *sum = cusp_chains_128(rounds);
  return 4 * 16;
#endif
}

/// What the widest registers are called that `cusp_multiply_add` takes.
static inline const char *cusp_vector_instructions(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return "AVX-512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "AVX2";
  return "SSE";
#else
  return "NEON";
#endif
}

#endif
