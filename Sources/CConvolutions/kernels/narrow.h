// The inner loops of the gradient of a convolution with stride 1 with respect to images of one to three channels, such
// as pixels: a register holds 16 channels of the convolution's result, and sums over them come last.

#ifndef CUSP_NARROW_H
#define CUSP_NARROW_H

#include "vectors.h"

/// Makes 0 of `gradient` where the 16 * `count` numbers of `values` are not above 0.
CUSP_WIDE static inline void cusp_narrow_mask(const float *values, float *gradient, long count) {
  for (long i = 0; i < count; i++) {
    cusp_vector value = CUSP_LOAD(values + 16 * i);
    // A comparison is all ones where it holds.
    typedef int cusp_bits __attribute__((vector_size(64)));
    cusp_bits kept = (value > 0.0f) & (cusp_bits)CUSP_LOAD(gradient + 16 * i);
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

/// Writes the sums of the lanes of eight vectors, the first `count` of them.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_narrow_sums(
    const cusp_vector *parts, long count, float *sums) {
  cusp_vector a = CUSP_FOLD1(parts[0], parts[1]), b = CUSP_FOLD1(parts[2], parts[3]);
  cusp_vector c = CUSP_FOLD1(parts[4], parts[5]), d = CUSP_FOLD1(parts[6], parts[7]);
  cusp_vector e = CUSP_FOLD2(a, b), f = CUSP_FOLD2(c, d), all = CUSP_FOLD4(e, f);
  for (long i = 0; i < count; i++) sums[i] = all[i] + all[i + 8];
}

/// Eight pixels from (y, x) on, `count` of which are there; `channels` is constant where this is inlined, and `checks`
/// says whether a tap may read beside its row.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_narrow_pixels(
    int channels, int checks, const struct cusp_images *images, const struct cusp_narrow *narrow, const float *gradient,
    const float *weights, long y, long x, long count, float *pixels) {
  cusp_vector parts[3][8];
  CUSP_UNROLLED for (int c = 0; c < channels; c++) {
    CUSP_UNROLLED for (int p = 0; p < 8; p++) parts[c][p] = (cusp_vector){};
  }
  for (long down = 0; down < narrow->kernel; down++) {
    long row = y + narrow->border - down;
    if (row < 0 || row >= images->height) continue;
    for (long right = 0; right < narrow->kernel; right++) {
      long first = x + narrow->border - right;
      const float *tap = weights + (down * narrow->kernel + right) * channels * images->channels;
      for (long block = 0; block < images->channels / 16; block++, tap += 16) {
        const float *place = gradient + block * images->block_stride + row * images->row_stride + first * 16;
        cusp_vector weight[3];
        CUSP_UNROLLED for (int c = 0; c < channels; c++) weight[c] = CUSP_LOAD(tap + c * images->channels);
        CUSP_UNROLLED for (int p = 0; p < 8; p++) {
          int inside = !checks || (first + p >= 0 && first + p < images->width);
          cusp_vector value = inside ? CUSP_LOAD(place + p * 16) : (cusp_vector){};
          CUSP_UNROLLED for (int c = 0; c < channels; c++) {
            parts[c][p] = __builtin_elementwise_fma(value, weight[c], parts[c][p]);
          }
        }
      }
    }
  }
  CUSP_UNROLLED for (int c = 0; c < channels; c++) {
    cusp_narrow_sums(parts[c], count, pixels + (c * narrow->height + y) * narrow->width + x);
  }
}

#define CUSP_NARROW(name, channels)                                                                                  \
  CUSP_WIDE static inline void name(                                                                                 \
      const struct cusp_images *images, const struct cusp_narrow *narrow, const float *gradient, const float *weights, \
      float *pixels) {                                                                                               \
    for (long y = 0; y < narrow->height; y++) {                                                                      \
      for (long x = 0; x < narrow->width; x += 8) {                                                                  \
        long left = narrow->width - x, count = left < 8 ? left : 8;                                                  \
        long first = x + narrow->border - narrow->kernel + 1, last = x + 7 + narrow->border;                         \
        if (first < 0 || last >= images->width)                                                                      \
          cusp_narrow_pixels(channels, 1, images, narrow, gradient, weights, y, x, count, pixels);                   \
        else                                                                                                         \
          cusp_narrow_pixels(channels, 0, images, narrow, gradient, weights, y, x, count, pixels);                   \
      }                                                                                                              \
    }                                                                                                                \
  }
CUSP_NARROW(cusp_narrow_1, 1)
CUSP_NARROW(cusp_narrow_2, 2)
CUSP_NARROW(cusp_narrow_3, 3)

/// Writes the gradient of the pixels of one image, given that of the convolution's result, `images`, in blocks of 16
/// channels; `weights` are `[kernel, kernel, channels, result's channels]`.
CUSP_WIDE static inline void cusp_narrow_gradient(
    const struct cusp_images *images, const struct cusp_narrow *narrow, const float *gradient, const float *weights,
    float *pixels) {
  switch (narrow->channels) {
  case 1: cusp_narrow_1(images, narrow, gradient, weights, pixels); break;
  case 2: cusp_narrow_2(images, narrow, gradient, weights, pixels); break;
  default: cusp_narrow_3(images, narrow, gradient, weights, pixels); break;
  }
}

#undef CUSP_FOLD1
#undef CUSP_FOLD2
#undef CUSP_FOLD4

#endif
