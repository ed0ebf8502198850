// The weights of both forms of Winograd's algorithm: G g G', and the gradients of those back to the kernels'.

#ifndef CUSP_WINOGRAD_KERNELS_H
#define CUSP_WINOGRAD_KERNELS_H

#include "product.h"

/// Two of the points of F(4x4, 3x3), see winograd.h; the others are their opposites, 0 and infinity.
#define CUSP_NEAR 0.625f
#define CUSP_FAR 1.5f
#define CUSP_NEAR2 (CUSP_NEAR * CUSP_NEAR)
#define CUSP_FAR2 (CUSP_FAR * CUSP_FAR)

/// G g for one column of 3 vectors, each handed to `store(index, value)`: their polynomial at each point, over the product
/// of the point's distances to the others.
#define CUSP_G_PAIR(g, point, other, first, store)                                          \
  do {                                                                                       \
    const float scale = 1 / (2 * (point) * (point) * ((point) * (point) - (other) * (other))); \
    cusp_vector squared = g[2] * ((point) * (point));                                        \
    cusp_vector even = g[0] + squared, odd = g[1] * (point);                                 \
    store(first, (even + odd) * scale);                                                      \
    store((first) + 1, (even - odd) * scale);                                                \
  } while (0)
#define CUSP_G(g, store)                                                                     \
  do {                                                                                       \
    store(0, g[0] * (1 / (CUSP_NEAR2 * CUSP_FAR2)));                                         \
    CUSP_G_PAIR(g, CUSP_NEAR, CUSP_FAR, 1, store);                                           \
    CUSP_G_PAIR(g, CUSP_FAR, CUSP_NEAR, 3, store);                                           \
    store(5, g[2]);                                                                          \
  } while (0)

/// G' u for one column of 6 vectors: the transpose of `CUSP_G`.
#define CUSP_G_TURNED(u, g)                                                                              \
  do {                                                                                                   \
    const float near_scale = 1 / (2 * CUSP_NEAR2 * (CUSP_NEAR2 - CUSP_FAR2));                            \
    const float far_scale = 1 / (2 * CUSP_FAR2 * (CUSP_FAR2 - CUSP_NEAR2));                              \
    cusp_vector near_sum = (u[1] + u[2]) * near_scale, far_sum = (u[3] + u[4]) * far_scale;              \
    cusp_vector near_difference = (u[1] - u[2]) * near_scale, far_difference = (u[3] - u[4]) * far_scale; \
    g[0] = CUSP_FMA(u[0], 1 / (CUSP_NEAR2 * CUSP_FAR2), near_sum + far_sum);                             \
    g[1] = CUSP_FMA(near_difference, CUSP_NEAR, far_difference * CUSP_FAR);                              \
    g[2] = CUSP_FMA(near_sum, CUSP_NEAR2, CUSP_FMA(far_sum, CUSP_FAR2, u[5]));                           \
  } while (0)

/// The same for images of 2x2, see winograd_2x2.h.
#define CUSP_G_2X2(g, store)   \
  do {                         \
    store(0, g[1]);            \
    store(1, g[2] - g[1]);     \
    store(2, g[0] - g[1]);     \
  } while (0)
#define CUSP_G_2X2_TURNED(u, g)  \
  do {                           \
    g[0] = u[2];                 \
    g[1] = u[0] - u[1] - u[2];   \
    g[2] = u[1];                 \
  } while (0)

/// The form whose G has `size` rows, a constant.
#define CUSP_KERNEL(size, g, store)         \
  do {                                      \
    if ((size) == 6) CUSP_G(g, store);      \
    else CUSP_G_2X2(g, store);              \
  } while (0)
#define CUSP_KERNEL_TURNED(size, u, g)      \
  do {                                      \
    if ((size) == 6) CUSP_G_TURNED(u, g);   \
    else CUSP_G_2X2_TURNED(u, g);           \
  } while (0)

/// Transforms the weights of `count` inputs, from `first` on, for `cusp_product`: element i of G g G' goes to the
/// matrix at `parts[i * inputs * outputs]`. Channels that there are not get zeros. G has `size` rows, which say its form.
///
/// All of it is more than the caches hold, so that the stores pass them by: `parts` is aligned to 64 bytes.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_transform_kernels(
    long size, const struct cusp_kernels *restrict kernels, const float *values, long first, long count, float *parts,
    long inputs, long outputs) {
  for (long column = 0; column < outputs; column += CUSP_PANEL_WIDTH) {
    long width = outputs - column < CUSP_PANEL_WIDTH ? outputs - column : CUSP_PANEL_WIDTH;
    for (long input = first; input < first + count; input++) {
      long real = input < kernels->inputs ? kernels->outputs - column : 0;
      float taps[CUSP_COLUMNS][9][16] = {};
      const float *kernel = values + input * kernels->input_stride + column * kernels->output_stride;
      for (long output = 0; output < real && output < width; output++, kernel += kernels->output_stride) {
        float *lane = &taps[output / 16][0][output % 16];
        if (kernels->flipped) {
          CUSP_UNROLLED for (long tap = 0; tap < 9; tap++) lane[16 * tap] = kernel[8 - tap];
        } else {
          CUSP_UNROLLED for (long tap = 0; tap < 9; tap++) lane[16 * tap] = kernel[tap];
        }
      }
      for (long block = 0; block < width / 16; block++) {
        cusp_vector half[6][3];
        CUSP_UNROLLED for (long x = 0; x < 3; x++) {
          cusp_vector g[3] = {
              CUSP_LOAD(taps[block][x]), CUSP_LOAD(taps[block][3 + x]), CUSP_LOAD(taps[block][6 + x])};
#define CUSP_PUT(i, value) half[i][x] = (value)
          CUSP_KERNEL(size, g, CUSP_PUT);
#undef CUSP_PUT
        }
        float *row = parts + column * inputs + input * width + block * 16;
        CUSP_UNROLLED for (long y = 0; y < size; y++) {
#define CUSP_PUT(i, value) \
  __builtin_nontemporal_store((value), (cusp_vector *)(row + (size * y + (i)) * inputs * outputs))
          CUSP_KERNEL(size, half[y], CUSP_PUT);
#undef CUSP_PUT
        }
      }
    }
  }
}

/// Takes the gradients `sums`, each `[rows, width]`, of the weights from `input` to `output` on back to those of the kernels,
/// G' u G, into `gradient`, where the weights lie as `kernels` says. G has `size` rows.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_transform_kernel_gradient(
    long size, const struct cusp_kernels *restrict kernels, const float *sums, long input, long output, long rows, long width,
    float *gradient) {
  for (long block = 0; block < width; block += 16) {
    for (long r = 0; r < rows && input + r < kernels->inputs; r++) {
      cusp_vector half[3][6];
      float taps[9][16];
      for (long x = 0; x < size; x++) {
        cusp_vector u[6], g[3];
        CUSP_UNROLLED for (long y = 0; y < size; y++) {
          u[y] = CUSP_LOAD(sums + ((size * y + x) * rows + r) * width + block);
        }
        CUSP_KERNEL_TURNED(size, u, g);
        CUSP_UNROLLED for (long y = 0; y < 3; y++) half[y][x] = g[y];
      }
      CUSP_UNROLLED for (long y = 0; y < 3; y++) {
        cusp_vector g[3];
        CUSP_KERNEL_TURNED(size, half[y], g);
        CUSP_UNROLLED for (long x = 0; x < 3; x++) CUSP_STORE(taps[3 * y + x], g[x]);
      }
      float *kernel = gradient + (input + r) * kernels->input_stride + (output + block) * kernels->output_stride;
      for (long o = 0; o < 16 && output + block + o < kernels->outputs; o++, kernel += kernels->output_stride) {
        CUSP_UNROLLED for (long tap = 0; tap < 9; tap++) kernel[tap] = taps[tap][o];
      }
    }
  }
}

/// Defines both functions for the form whose G has `size` rows.
#define CUSP_TRANSFORMS(name, size)                                                                                \
  CUSP_WIDE static void name##_kernels(                                                                            \
      const struct cusp_kernels *kernels, const float *values, long first, long count, float *parts, long inputs,  \
      long outputs) {                                                                                              \
    cusp_transform_kernels(size, kernels, values, first, count, parts, inputs, outputs);                           \
  }                                                                                                                \
  CUSP_WIDE static void name##_kernel_gradient(                                                                    \
      const struct cusp_kernels *kernels, const float *sums, long input, long output, long rows, long width,       \
      float *gradient) {                                                                                           \
    cusp_transform_kernel_gradient(size, kernels, sums, input, output, rows, width, gradient);                     \
  }
CUSP_TRANSFORMS(cusp_winograd, 6)
CUSP_TRANSFORMS(cusp_winograd_2x2, 3)

#endif
