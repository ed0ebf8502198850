// The inner loops of Winograd's F(4x4, 3x3).
//
// With d a tile of 6x6 pixels of one channel, g the 3x3 weights and M = (B' d B) * (G g G'), element by element, the
// 4x4 results are A' M A. The points of the underlying interpolation are 0, 0.625, -0.625, 1.5, -1.5 and infinity,
// which round less than 0, 1, -1, 2, -2: B', G and A' follow from them. Sums over channels turn * into 36 matrix
// products.

#ifndef CUSP_WINOGRAD_H
#define CUSP_WINOGRAD_H

#include "winograd_kernels.h"

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
          if (x < width) cusp_finish(epilogue, block * 16, results[x], row + x * images->pixel_stride);
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

#endif
