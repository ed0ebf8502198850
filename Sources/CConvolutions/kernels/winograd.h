// The inner loops of Winograd's F(4x4, 3x3).
//
// With d a tile of 6x6 pixels of one channel, g the 3x3 weights and M = (B' d B) * (G g G'), element by element, the
// 4x4 results are A' M A. The points of the underlying interpolation are 0, 0.625, -0.625, 1.5, -1.5 and infinity,
// which round less than 0, 1, -1, 2, -2: B', G and A' follow from them. Sums over channels turn * into 36 matrix
// products.

#ifndef CUSP_WINOGRAD_H
#define CUSP_WINOGRAD_H

#include "product.h"

/// Two of the points; the others are their opposites, 0 and infinity.
#define CUSP_NEAR 0.625f
#define CUSP_FAR 1.5f
#define CUSP_NEAR2 (CUSP_NEAR * CUSP_NEAR)
#define CUSP_FAR2 (CUSP_FAR * CUSP_FAR)

/// B' d for one column of 6 vectors, each handed to `store(index, value)`.
#define CUSP_B(d, store)                                                                     \
  do {                                                                                       \
    cusp_vector near_even = CUSP_FMA(d[2], -CUSP_FAR2, d[4]), far_even = CUSP_FMA(d[2], -CUSP_NEAR2, d[4]); \
    cusp_vector near_odd = CUSP_FMA(d[1], -CUSP_FAR2, d[3]) * CUSP_NEAR;                     \
    cusp_vector far_odd = CUSP_FMA(d[1], -CUSP_NEAR2, d[3]) * CUSP_FAR;                      \
    store(0, CUSP_FMA(d[0], CUSP_NEAR2 * CUSP_FAR2, CUSP_FMA(d[2], -(CUSP_NEAR2 + CUSP_FAR2), d[4]))); \
    store(1, near_even + near_odd);                                                          \
    store(2, near_even - near_odd);                                                          \
    store(3, far_even + far_odd);                                                            \
    store(4, far_even - far_odd);                                                            \
    store(5, CUSP_FMA(d[1], CUSP_NEAR2 * CUSP_FAR2, CUSP_FMA(d[3], -(CUSP_NEAR2 + CUSP_FAR2), d[5]))); \
  } while (0)

/// Transforms `count` tiles, from the one numbered `first` in the batch: element i of B' d B of tile t and channel c
/// goes to `parts[i * part_stride + t * part_tile + c / 16 * part_block + c % 16]`.
CUSP_WIDE static inline void cusp_winograd_scatter(
    const struct cusp_images *restrict images, const struct cusp_tiles *restrict tiles, const float *source, long first, long count,
    float *parts, long part_stride, long part_tile, long part_block) {
  for (long t = 0; t < count; t++) {
    long tile = (first + t) % (tiles->rows * tiles->columns), image = (first + t) / (tiles->rows * tiles->columns);
    long top = 4 * (tile / tiles->columns) - tiles->border, left = 4 * (tile % tiles->columns) - tiles->border;
    for (long block = 0; block < images->channels / 16; block++) {
      const float *plane = source + image * images->image_stride + block * images->block_stride;
      float *part = parts + t * part_tile + block * part_block;
      cusp_vector half[6][6];
      for (long x = 0; x < 6; x++) {
        int inside = left + x >= 0 && left + x < images->width;
        const float *column = plane + (inside ? left + x : 0) * images->pixel_stride;
        cusp_vector d[6];
        CUSP_UNROLLED for (long y = 0; y < 6; y++) {
          int seen = inside && top + y >= 0 && top + y < images->height;
          d[y] = seen ? CUSP_LOAD(column + (top + y) * images->row_stride) : (cusp_vector){};
        }
#define CUSP_PUT(i, value) half[i][x] = (value)
        CUSP_B(d, CUSP_PUT);
#undef CUSP_PUT
      }
      for (long y = 0; y < 6; y++) {
        float *row = part + 6 * y * part_stride;
#define CUSP_PUT(i, value) CUSP_STORE(row + (i) * part_stride, value)
        CUSP_B(half[y], CUSP_PUT);
#undef CUSP_PUT
      }
    }
  }
}

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

/// Transforms the weights of `count` inputs, from `first` on, for `cusp_product`: element i of G g G' goes to the
/// matrix at `parts[i * inputs * outputs]`. Channels that there are not get zeros.
///
/// All of it is more than the caches hold, so that the stores pass them by: `parts` is aligned to 64 bytes.
CUSP_WIDE static inline void cusp_winograd_kernels(
    const struct cusp_kernels *restrict kernels, const float *values, long first, long count, float *parts, long inputs,
    long outputs) {
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
          CUSP_G(g, CUSP_PUT);
#undef CUSP_PUT
        }
        float *row = parts + column * inputs + input * width + block * 16;
        CUSP_UNROLLED for (long y = 0; y < 6; y++) {
#define CUSP_PUT(i, value) \
  __builtin_nontemporal_store((value), (cusp_vector *)(row + (6 * y + (i)) * inputs * outputs))
          CUSP_G(half[y], CUSP_PUT);
#undef CUSP_PUT
        }
      }
    }
  }
}

/// A' m for one column of 6 vectors.
#define CUSP_A(m, y)                                                                   \
  do {                                                                                 \
    cusp_vector near_sum = m[1] + m[2], near_difference = m[1] - m[2];                 \
    cusp_vector far_sum = m[3] + m[4], far_difference = m[3] - m[4];                   \
    y[0] = m[0] + near_sum + far_sum;                                                  \
    y[1] = CUSP_FMA(near_difference, CUSP_NEAR, far_difference * CUSP_FAR);            \
    y[2] = CUSP_FMA(near_sum, CUSP_NEAR2, far_sum * CUSP_FAR2);                        \
    y[3] = CUSP_FMA(near_difference, CUSP_NEAR2 *CUSP_NEAR,                            \
                    CUSP_FMA(far_difference, CUSP_FAR2 *CUSP_FAR, m[5]));              \
  } while (0)

/// Transforms the products of `count` tiles back, `[36, count, channels]` with `part_stride` between the 36, into images of the result.
CUSP_WIDE static inline void cusp_winograd_gather(
    const struct cusp_images *restrict images, const struct cusp_tiles *restrict tiles, const struct cusp_epilogue *restrict epilogue,
    const float *parts, long part_stride, long first, long count, float *destination) {
  for (long t = 0; t < count; t++) {
    long tile = (first + t) % (tiles->rows * tiles->columns), image = (first + t) / (tiles->rows * tiles->columns);
    long top = 4 * (tile / tiles->columns), left = 4 * (tile % tiles->columns);
    long height = images->height - top < 4 ? images->height - top : 4;
    long width = images->width - left < 4 ? images->width - left : 4;
    for (long block = 0; block < images->channels / 16; block++) {
      const float *part = parts + t * images->channels + block * 16;
      float *corner = destination + image * images->image_stride + block * images->block_stride +
                      top * images->row_stride + left * images->pixel_stride;
      cusp_vector half[4][6];
      for (long x = 0; x < 6; x++) {
        cusp_vector m[6], column[4];
        CUSP_UNROLLED for (long y = 0; y < 6; y++) m[y] = CUSP_LOAD(part + (6 * y + x) * part_stride);
        CUSP_A(m, column);
        CUSP_UNROLLED for (long y = 0; y < 4; y++) half[y][x] = column[y];
      }
      for (long y = 0; y < height; y++) {
        cusp_vector results[4];
        CUSP_A(half[y], results);
        float *row = corner + y * images->row_stride;
        CUSP_UNROLLED for (long x = 0; x < 4; x++) {
          if (x >= width) break;
          cusp_finish(epilogue, block * 16, results[x], row + x * images->pixel_stride);
        }
      }
    }
  }
}

/// A m for one column of 4 vectors, each handed to `store(index, value)`: the transpose of `CUSP_A`.
#define CUSP_A_TURNED(y, store)                                                                        \
  do {                                                                                                 \
    cusp_vector near_even = CUSP_FMA(y[2], CUSP_NEAR2, y[0]), far_even = CUSP_FMA(y[2], CUSP_FAR2, y[0]); \
    cusp_vector near_odd = CUSP_FMA(y[3], CUSP_NEAR2 *CUSP_NEAR, y[1] * CUSP_NEAR);                    \
    cusp_vector far_odd = CUSP_FMA(y[3], CUSP_FAR2 *CUSP_FAR, y[1] * CUSP_FAR);                        \
    store(0, y[0]);                                                                                    \
    store(1, near_even + near_odd);                                                                    \
    store(2, near_even - near_odd);                                                                    \
    store(3, far_even + far_odd);                                                                      \
    store(4, far_even - far_odd);                                                                      \
    store(5, y[3]);                                                                                    \
  } while (0)

/// Takes `count` tiles of the gradient of the results, from the one numbered `first`, to that of the products, laid out as
/// by `cusp_winograd_scatter`: A y A', pixels outside zero.
CUSP_WIDE static inline void cusp_winograd_scatter_gradient(
    const struct cusp_images *restrict images, const struct cusp_tiles *restrict tiles, const float *gradient, long first, long count,
    float *parts, long part_stride, long part_tile, long part_block) {
  for (long t = first; t < first + count; t++) {
    long tile = t % (tiles->rows * tiles->columns), image = t / (tiles->rows * tiles->columns);
    long top = 4 * (tile / tiles->columns), left = 4 * (tile % tiles->columns);
    for (long block = 0; block < images->channels / 16; block++) {
      const float *corner = gradient + image * images->image_stride + block * images->block_stride +
                            top * images->row_stride + left * images->pixel_stride;
      float *part = parts + (t - first) * part_tile + block * part_block;
      cusp_vector half[6][4];
      for (long x = 0; x < 4; x++) {
        cusp_vector y[4];
        CUSP_UNROLLED for (long i = 0; i < 4; i++) {
          int seen = left + x < images->width && top + i < images->height;
          y[i] = seen ? CUSP_LOAD(corner + i * images->row_stride + x * images->pixel_stride) : (cusp_vector){};
        }
#define CUSP_PUT(i, value) half[i][x] = (value)
        CUSP_A_TURNED(y, CUSP_PUT);
#undef CUSP_PUT
      }
      for (long y = 0; y < 6; y++) {
        float *row = part + 6 * y * part_stride;
#define CUSP_PUT(i, value) CUSP_STORE(row + (i) * part_stride, value)
        CUSP_A_TURNED(half[y], CUSP_PUT);
#undef CUSP_PUT
      }
    }
  }
}

/// B v for one column of 6 vectors: the transpose of `CUSP_B`.
#define CUSP_B_TURNED(v, d)                                                                              \
  do {                                                                                                   \
    cusp_vector near_sum = v[1] + v[2], near_difference = v[1] - v[2];                                   \
    cusp_vector far_sum = v[3] + v[4], far_difference = v[3] - v[4];                                     \
    d[0] = v[0] * (CUSP_NEAR2 * CUSP_FAR2);                                                              \
    d[1] = CUSP_FMA(near_difference, -CUSP_NEAR *CUSP_FAR2,                                              \
                    CUSP_FMA(far_difference, -CUSP_FAR *CUSP_NEAR2, v[5] * (CUSP_NEAR2 * CUSP_FAR2)));   \
    d[2] = CUSP_FMA(v[0], -(CUSP_NEAR2 + CUSP_FAR2),                                                     \
                    CUSP_FMA(near_sum, -CUSP_FAR2, far_sum * -CUSP_NEAR2));                              \
    d[3] = CUSP_FMA(v[5], -(CUSP_NEAR2 + CUSP_FAR2),                                                     \
                    CUSP_FMA(near_difference, CUSP_NEAR, far_difference * CUSP_FAR));                    \
    d[4] = v[0] + near_sum + far_sum;                                                                    \
    d[5] = v[5];                                                                                         \
  } while (0)

/// Transforms the products of all tiles of image `image` back to the pixels that the tiles were computed from: B v B',
/// summed where tiles overlap. `parts` begins with the image's first tile; `above` holds 8 * (columns + 1) vectors.
CUSP_WIDE static inline void cusp_winograd_gather_gradient(
    const struct cusp_images *restrict images, const struct cusp_tiles *restrict tiles, const struct cusp_epilogue *restrict epilogue,
    const float *parts, long part_stride, long image, float *above, float *destination) {
  for (long block = 0; block < images->channels / 16; block++) {
    float *plane = destination + image * images->image_stride + block * images->block_stride;
    for (long i = 0; i < 8 * (tiles->columns + 1); i++) CUSP_STORE(above + 16 * i, (cusp_vector){});
    // Past the last tiles lie the two rows and columns that they overlap with nothing.
    for (long row = 0; row <= tiles->rows; row++) {
      cusp_vector before[6][2] = {};
      for (long column = 0; column <= tiles->columns; column++) {
        cusp_vector pixels[6][6] = {};
        if (row < tiles->rows && column < tiles->columns) {
          const float *part = parts + (row * tiles->columns + column) * images->channels + block * 16;
          cusp_vector half[6][6];
          for (long x = 0; x < 6; x++) {
            cusp_vector v[6], d[6];
            CUSP_UNROLLED for (long y = 0; y < 6; y++) v[y] = CUSP_LOAD(part + (6 * y + x) * part_stride);
            CUSP_B_TURNED(v, d);
            CUSP_UNROLLED for (long y = 0; y < 6; y++) half[y][x] = d[y];
          }
          for (long y = 0; y < 6; y++) CUSP_B_TURNED(half[y], pixels[y]);
        }
        float *sums = above + 8 * 16 * column;
        long top = 4 * row - tiles->border, left = 4 * column - tiles->border;
        CUSP_UNROLLED for (long y = 0; y < 6; y++) {
          CUSP_UNROLLED for (long x = 0; x < 2; x++) {
            pixels[y][x] += before[y][x];
            before[y][x] = pixels[y][4 + x];
          }
        }
        CUSP_UNROLLED for (long y = 0; y < 2; y++) {
          CUSP_UNROLLED for (long x = 0; x < 4; x++) {
            pixels[y][x] += CUSP_LOAD(sums + 16 * (4 * y + x));
            CUSP_STORE(sums + 16 * (4 * y + x), pixels[4 + y][x]);
          }
        }
        for (long y = 0; y < 4; y++) {
          if (top + y < 0 || top + y >= images->height) continue;
          float *line = plane + (top + y) * images->row_stride;
          CUSP_UNROLLED for (long x = 0; x < 4; x++) {
            if (left + x < 0 || left + x >= images->width) continue;
            cusp_finish(epilogue, block * 16, pixels[y][x], line + (left + x) * images->pixel_stride);
          }
        }
      }
    }
  }
}

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

/// Takes the 36 gradients `sums`, each `[rows, width]`, of the weights from `input` to `output` on back to those of the
/// kernels, G' u G, into `gradient`, where the weights lie as `kernels` says.
CUSP_WIDE static inline void cusp_winograd_kernel_gradient(
    const struct cusp_kernels *restrict kernels, const float *sums, long input, long output, long rows, long width,
    float *gradient) {
  for (long block = 0; block < width; block += 16) {
    for (long r = 0; r < rows && input + r < kernels->inputs; r++) {
      cusp_vector half[3][6];
      float taps[9][16];
      for (long x = 0; x < 6; x++) {
        cusp_vector u[6], g[3];
        CUSP_UNROLLED for (long y = 0; y < 6; y++) {
          u[y] = CUSP_LOAD(sums + ((6 * y + x) * rows + r) * width + block);
        }
        CUSP_G_TURNED(u, g);
        CUSP_UNROLLED for (long y = 0; y < 3; y++) half[y][x] = g[y];
      }
      CUSP_UNROLLED for (long y = 0; y < 3; y++) {
        cusp_vector g[3];
        CUSP_G_TURNED(half[y], g);
        CUSP_UNROLLED for (long x = 0; x < 3; x++) CUSP_STORE(taps[3 * y + x], g[x]);
      }
      float *kernel = gradient + (input + r) * kernels->input_stride + (output + block) * kernels->output_stride;
      for (long o = 0; o < 16 && output + block + o < kernels->outputs; o++, kernel += kernels->output_stride) {
        CUSP_UNROLLED for (long tap = 0; tap < 9; tap++) kernel[tap] = taps[tap][o];
      }
    }
  }
}

#endif
