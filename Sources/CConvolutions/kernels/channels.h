// The inner loops over one block of 16 channels of one image: their sums, and a number each to multiply by and to add.

#ifndef CUSP_CHANNELS_H
#define CUSP_CHANNELS_H

#include "vectors.h"

/// Writes the sums `[16]` of one block of 16 channels over all pixels of one image, or adds them.
CUSP_WIDE static inline void cusp_channel_sums(
    const struct cusp_images *restrict images, const float *image, int adds, float *sums) {
  cusp_vector sum = {};
  for (long y = 0; y < images->height; y++) {
    for (long x = 0; x < images->width; x++) sum += CUSP_LOAD(image + y * images->row_stride + x * images->pixel_stride);
  }
  CUSP_STORE(sums, adds ? CUSP_LOAD(sums) + sum : sum);
}

/// Writes `source` times `scale`, plus `shift` unless that is null, of one block of 16 channels over all pixels of one image;
/// then max(x, 0) if `relu`.
CUSP_WIDE static inline void cusp_scale_shift(
    const struct cusp_images *restrict images, const float *source, const float *scale, const float *shift, int relu,
    float *destination) {
  cusp_vector factor = CUSP_LOAD(scale), summand = shift ? CUSP_LOAD(shift) : (cusp_vector){};
  for (long y = 0; y < images->height; y++) {
    for (long x = 0; x < images->width; x++) {
      long place = y * images->row_stride + x * images->pixel_stride;
      cusp_vector result = __builtin_elementwise_fma(CUSP_LOAD(source + place), factor, summand);
      if (relu) result = __builtin_elementwise_max(result, (cusp_vector){});
      CUSP_STORE(destination + place, result);
    }
  }
}

#endif
