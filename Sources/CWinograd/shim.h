// The inner loops of Winograd's F(4x4, 3x3) in registers of 16 floats: what Swift cannot express, since it has no
// target attribute. Call them only where there is AVX-512.
//
// With d a tile of 6x6 pixels of one channel, g the 3x3 weights and M = (B' d B) * (G g G'), element by element, the
// 4x4 results are A' M A. The points of the underlying interpolation are 0, 0.625, -0.625, 1.5, -1.5 and infinity,
// which round less than 0, 1, -1, 2, -2: B', G and A' follow from them. Sums over channels turn * into 36 matrix
// products.

#ifndef CUSP_WINOGRAD_H
#define CUSP_WINOGRAD_H

#if defined(__x86_64__)
#define CUSP_WIDE __attribute__((target("avx512f")))
#else
#define CUSP_WIDE
#endif
#define CUSP_UNROLLED _Pragma("clang loop unroll(full)")

typedef float cusp_vector __attribute__((vector_size(64)));
typedef float cusp_unaligned_vector __attribute__((vector_size(64), aligned(4), may_alias));

/// Two of the points; the others are their opposites, 0 and infinity.
#define CUSP_NEAR 0.625f
#define CUSP_FAR 1.5f
#define CUSP_NEAR2 (CUSP_NEAR * CUSP_NEAR)
#define CUSP_FAR2 (CUSP_FAR * CUSP_FAR)
#define CUSP_LOAD(address) (*(const cusp_unaligned_vector *)(address))
#define CUSP_STORE(address, value) (*(cusp_unaligned_vector *)(address) = (value))
#define CUSP_FMA(a, b, c) __builtin_elementwise_fma((cusp_vector)(a), (cusp_vector){} + (b), (cusp_vector)(c))

/// How a batch of images lies in memory: the distance in floats between images, blocks of 16 channels, rows and pixels.
struct cusp_images {
  long height, width, channels;
  long image_stride, block_stride, row_stride, pixel_stride;
};

/// `rows` * `columns` tiles of 4x4 pixels cover each image of the result; tile (y, x) is computed from the 6x6 pixels
/// of the source that begin at (4 y - border, 4 x - border), zero outside.
struct cusp_tiles {
  long rows, columns, border;
};

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
/// goes to `parts[i * part_stride + t * channels + c]`.
CUSP_WIDE static inline void cusp_winograd_scatter(
    const struct cusp_images *images, const struct cusp_tiles *tiles, const float *source, long first, long count,
    float *parts, long part_stride) {
  for (long t = 0; t < count; t++) {
    long tile = (first + t) % (tiles->rows * tiles->columns), image = (first + t) / (tiles->rows * tiles->columns);
    long top = 4 * (tile / tiles->columns) - tiles->border, left = 4 * (tile % tiles->columns) - tiles->border;
    for (long block = 0; block < images->channels / 16; block++) {
      const float *plane = source + image * images->image_stride + block * images->block_stride;
      float *part = parts + t * images->channels + block * 16;
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

/// What follows the product: `bias` one number a channel or null, then a sum with what is there, then max(x, 0).
struct cusp_ending {
  const float *bias;
  int accumulates, relu;
};

/// Transforms the products of `count` tiles back, laid out as by `cusp_winograd_scatter`, into images of the result.
CUSP_WIDE static inline void cusp_winograd_gather(
    const struct cusp_images *images, const struct cusp_tiles *tiles, const struct cusp_ending *ending,
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
      cusp_vector bias = ending->bias ? CUSP_LOAD(ending->bias + block * 16) : (cusp_vector){};
      for (long y = 0; y < height; y++) {
        cusp_vector results[4];
        CUSP_A(half[y], results);
        float *row = corner + y * images->row_stride;
        CUSP_UNROLLED for (long x = 0; x < 4; x++) {
          if (x >= width) break;
          cusp_vector result = results[x] + bias;
          if (ending->accumulates) result += CUSP_LOAD(row + x * images->pixel_stride);
          if (ending->relu) result = __builtin_elementwise_max(result, (cusp_vector){});
          CUSP_STORE(row + x * images->pixel_stride, result);
        }
      }
    }
  }
}

/// `rows` rows times `width` vectors of a matrix product; both are constants where this is inlined.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_winograd_block(
    int rows, int width, const float *left, long inputs, const float *right, float *result, long outputs) {
  cusp_vector sums[6][4];
  CUSP_UNROLLED for (int r = 0; r < rows; r++) {
    CUSP_UNROLLED for (int j = 0; j < width; j++) sums[r][j] = (cusp_vector){};
  }
  for (long k = 0; k < inputs; k++) {
    cusp_vector weights[4];
    CUSP_UNROLLED for (int j = 0; j < width; j++) weights[j] = CUSP_LOAD(right + (k * width + j) * 16);
    CUSP_UNROLLED for (int r = 0; r < rows; r++) {
      float value = left[r * inputs + k];
      CUSP_UNROLLED for (int j = 0; j < width; j++) sums[r][j] = CUSP_FMA(weights[j], value, sums[r][j]);
    }
  }
  CUSP_UNROLLED for (int r = 0; r < rows; r++) {
    CUSP_UNROLLED for (int j = 0; j < width; j++) CUSP_STORE(result + r * outputs + j * 16, sums[r][j]);
  }
}

#define CUSP_PANEL(width)                                                                                       \
  CUSP_WIDE static inline void cusp_winograd_panel_##width(                                                     \
      long rows, const float *left, long inputs, const float *right, float *result, long outputs) {             \
    for (; rows >= 6; rows -= 6, left += 6 * inputs, result += 6 * outputs)                                     \
      cusp_winograd_block(6, width, left, inputs, right, result, outputs);                                      \
    switch (rows) {                                                                                             \
    case 1: cusp_winograd_block(1, width, left, inputs, right, result, outputs); break;                         \
    case 2: cusp_winograd_block(2, width, left, inputs, right, result, outputs); break;                         \
    case 3: cusp_winograd_block(3, width, left, inputs, right, result, outputs); break;                         \
    case 4: cusp_winograd_block(4, width, left, inputs, right, result, outputs); break;                         \
    case 5: cusp_winograd_block(5, width, left, inputs, right, result, outputs); break;                         \
    }                                                                                                           \
  }
CUSP_PANEL(1)
CUSP_PANEL(2)
CUSP_PANEL(3)
CUSP_PANEL(4)

/// The matrix product `[rows, inputs] x [inputs, outputs]`; `right` in panels of 64 columns and one of what remains,
/// each `[inputs, columns]`. Each result is one sum in the order of the inputs, whatever else is computed.
static inline void cusp_winograd_product(
    long rows, const float *left, long inputs, const float *right, float *result, long outputs) {
  for (long column = 0; column < outputs; column += 64) {
    const float *panel = right + column * inputs;
    switch (outputs - column) {
    case 16: cusp_winograd_panel_1(rows, left, inputs, panel, result + column, outputs); break;
    case 32: cusp_winograd_panel_2(rows, left, inputs, panel, result + column, outputs); break;
    case 48: cusp_winograd_panel_3(rows, left, inputs, panel, result + column, outputs); break;
    default: cusp_winograd_panel_4(rows, left, inputs, panel, result + column, outputs);
    }
  }
}

#endif
