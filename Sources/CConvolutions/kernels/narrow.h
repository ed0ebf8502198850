// The inner loops of a convolution of images of one to three channels, such as pixels. Forward its windows are laid out for a
// product. In the gradient with respect to the images a vector holds channels of the convolution's result, and sums over
// them come last; with a stride, pixels that are met by the same taps are taken together.

#ifndef CUSP_NARROW_H
#define CUSP_NARROW_H

#include "vectors.h"

/// Makes 0 of `gradient` where the 16 * `count` numbers of `values` are not above 0.
CUSP_WIDE static inline void cusp_narrow_mask(const float *values, float *gradient, long count) {
  for (long i = 0; i < count; i++) {
    cusp_vector value = CUSP_LOAD(values + 16 * i);
    // A comparison is all ones where it holds.
    cusp_lanes_mask kept = (value > 0.0f) & (cusp_lanes_mask)CUSP_LOAD(gradient + 16 * i);
    CUSP_STORE(gradient + 16 * i, (cusp_vector)kept);
  }
}

/// Replaces two vectors, in the first of which each run of `run` lanes is to be added to the next, by one of such sums.
#define CUSP_FOLD1(a, b)                                                                          \
  (__builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) +      \
   __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#define CUSP_FOLD2(a, b)                                                                          \
  (__builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +       \
   __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
#define CUSP_FOLD4(a, b)                                                                          \
  (__builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27) +       \
   __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))

// How many of the result's 16 channels, and of 8 pixels, are summed at once, so that all sums stay in registers.
#if CUSP_COLUMNS > 1
#define CUSP_NARROW_LANES 16
#define CUSP_NARROW_PIXELS(channels) 8
#else
#define CUSP_NARROW_LANES 8
#define CUSP_NARROW_PIXELS(channels) ((channels) == 1 ? 8 : 4)
#endif
typedef float cusp_narrow_vector __attribute__((vector_size(4 * CUSP_NARROW_LANES)));
typedef float cusp_narrow_unaligned __attribute__((vector_size(4 * CUSP_NARROW_LANES), aligned(4), may_alias));

/// Writes the sums of the lanes of eight vectors, the first `count` of them, `step` apart.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_narrow_sums(
    const float *parts, long count, long step, float *sums) {
  cusp_vector a = CUSP_FOLD1(CUSP_LOAD(parts), CUSP_LOAD(parts + 16));
  cusp_vector b = CUSP_FOLD1(CUSP_LOAD(parts + 32), CUSP_LOAD(parts + 48));
  cusp_vector c = CUSP_FOLD1(CUSP_LOAD(parts + 64), CUSP_LOAD(parts + 80));
  cusp_vector d = CUSP_FOLD1(CUSP_LOAD(parts + 96), CUSP_LOAD(parts + 112));
  cusp_vector e = CUSP_FOLD2(a, b), f = CUSP_FOLD2(c, d), halves = CUSP_FOLD4(e, f);
  typedef float cusp_eight __attribute__((vector_size(32)));
  typedef float cusp_unaligned_eight __attribute__((vector_size(32), aligned(4), may_alias));
  cusp_eight all = __builtin_shufflevector(halves, halves, 0, 1, 2, 3, 4, 5, 6, 7) +
                   __builtin_shufflevector(halves, halves, 8, 9, 10, 11, 12, 13, 14, 15);
  if (step == 1 && count == 8) {
    *(cusp_unaligned_eight *)sums = all;
    return;
  }
  float copy[8];
  *(cusp_unaligned_eight *)copy = all;
  for (long i = 0; i < count; i++) sums[i * step] = copy[i];
}

/// The sums of some lanes, from `lane` on, of the pixels (y, x), (y, x + stride), ... over all taps that meet them, into
/// `parts`, `[channels, 8, 16]`; `channels` is constant where this is inlined, and `checks` says whether a tap may read beside its row.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_narrow_part(
    int channels, int checks, const struct cusp_images *restrict images, const struct cusp_narrow *restrict narrow,
    const float *gradient, const float *weights, long y, long x, long lane, float *parts) {
  long stride = narrow->stride;
  cusp_narrow_vector sums[3][8];
  CUSP_UNROLLED for (int c = 0; c < channels; c++) {
    CUSP_UNROLLED for (int p = 0; p < CUSP_NARROW_PIXELS(channels); p++) sums[c][p] = (cusp_narrow_vector){};
  }
  long top = (y + narrow->border) / stride, left = (x + narrow->border) / stride;
  for (long row = top, down = y + narrow->border - top * stride; down < narrow->kernel; row--, down += stride) {
    if (row < 0 || row >= images->height) continue;
    long first = left;
    for (long right = x + narrow->border - left * stride; right < narrow->kernel; first--, right += stride) {
      const float *tap = weights + (down * narrow->kernel + right) * channels * images->channels + lane;
      const float *place = gradient + row * images->row_stride + first * images->pixel_stride + lane;
      for (long block = 0; block < images->channels / 16; block++, tap += 16, place += images->block_stride) {
        cusp_narrow_vector weight[3];
        CUSP_UNROLLED for (int c = 0; c < channels; c++) {
          weight[c] = *(const cusp_narrow_unaligned *)(tap + c * images->channels);
        }
        CUSP_UNROLLED for (int p = 0; p < CUSP_NARROW_PIXELS(channels); p++) {
          int inside = !checks || (first + p >= 0 && first + p < images->width);
          cusp_narrow_vector value = {};
          if (inside) value = *(const cusp_narrow_unaligned *)(place + p * images->pixel_stride);
          CUSP_UNROLLED for (int c = 0; c < channels; c++) {
            sums[c][p] = __builtin_elementwise_fma(value, weight[c], sums[c][p]);
          }
        }
      }
    }
  }
  CUSP_UNROLLED for (int c = 0; c < channels; c++) {
    CUSP_UNROLLED for (int p = 0; p < CUSP_NARROW_PIXELS(channels); p++) {
      *(cusp_narrow_unaligned *)(parts + (c * 8 + p) * 16 + lane) = sums[c][p];
    }
  }
}

/// Eight pixels, (y, x), (y, x + stride), ..., `count` of which are there.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_narrow_pixels(
    int channels, int checks, const struct cusp_images *restrict images, const struct cusp_narrow *restrict narrow,
    const float *gradient, const float *weights, long y, long x, long count, float *pixels) {
  float parts[3 * 8 * 16];
  for (long p = 0; p < 8; p += CUSP_NARROW_PIXELS(channels)) {
    for (long lane = 0; lane < 16; lane += CUSP_NARROW_LANES) {
      long from = x + p * narrow->stride;
      cusp_narrow_part(channels, checks, images, narrow, gradient, weights, y, from, lane, parts + p * 16);
    }
  }
  CUSP_UNROLLED for (int c = 0; c < channels; c++) {
    float *row = pixels + (c * narrow->height + y) * narrow->width;
    cusp_narrow_sums(parts + c * 8 * 16, count, narrow->stride, row + x);
  }
}

#define CUSP_NARROW(name, channels)                                                                                  \
  CUSP_WIDE static inline void name(                                                                                 \
      const struct cusp_images *restrict images, const struct cusp_narrow *restrict narrow, const float *gradient,   \
      const float *weights, float *pixels) {                                                                         \
    long stride = narrow->stride;                                                                                    \
    for (long y = 0; y < narrow->height; y++) {                                                                      \
      for (long start = 0; start < stride; start++) {                                                                \
        for (long x = start; x < narrow->width; x += 8 * stride) {                                                   \
          long left = (narrow->width - x + stride - 1) / stride, count = left < 8 ? left : 8;                        \
          long first = x + narrow->border - narrow->kernel + 1, last = (x + narrow->border) / stride + 7;            \
          if (first < 0 || last >= images->width)                                                                    \
            cusp_narrow_pixels(channels, 1, images, narrow, gradient, weights, y, x, count, pixels);                 \
          else                                                                                                       \
            cusp_narrow_pixels(channels, 0, images, narrow, gradient, weights, y, x, count, pixels);                 \
        }                                                                                                            \
      }                                                                                                              \
    }                                                                                                                \
  }
CUSP_NARROW(cusp_narrow_1, 1)
CUSP_NARROW(cusp_narrow_2, 2)
CUSP_NARROW(cusp_narrow_3, 3)

/// Writes the gradient of the pixels of one image, given that of the convolution's result, `images`; `weights` are `[kernel, kernel, channels, result's channels]`.
CUSP_WIDE static inline void cusp_narrow_gradient(
    const struct cusp_images *restrict images, const struct cusp_narrow *restrict narrow, const float *gradient,
    const float *weights, float *pixels) {
  switch (narrow->channels) {
  case 1: cusp_narrow_1(images, narrow, gradient, weights, pixels); break;
  case 2: cusp_narrow_2(images, narrow, gradient, weights, pixels); break;
  default: cusp_narrow_3(images, narrow, gradient, weights, pixels); break;
  }
}

/// Lays the pixels that the windows of row `y` of the result read, zero outside, column by column into `part`,
/// `[columns, kernel, channels]`.
CUSP_WIDE static inline void cusp_narrow_columns(
    const struct cusp_narrow *restrict narrow, const float *pixels, long y, long columns, float *part) {
  long step = narrow->kernel * narrow->channels;
  for (long down = 0; down < narrow->kernel; down++) {
    long row = y * narrow->stride - narrow->border + down;
    int inside = row >= 0 && row < narrow->height;
    for (long c = 0; c < narrow->channels; c++) {
      const float *line = pixels + (c * narrow->height + (inside ? row : 0)) * narrow->width;
      float *to = part + down * narrow->channels + c;
      for (long x = 0; x < columns; x++, to += step) {
        long column = x - narrow->border;
        *to = inside && column >= 0 && column < narrow->width ? line[column] : 0;
      }
    }
  }
}

#undef CUSP_FOLD1
#undef CUSP_FOLD2
#undef CUSP_FOLD4
#undef CUSP_NARROW_LANES
#undef CUSP_NARROW_PIXELS

#endif
