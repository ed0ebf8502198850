// The inner loops of maximum pooling over windows that lie side by side, 16 channels at once.

#ifndef CUSP_MAXIMUM_H
#define CUSP_MAXIMUM_H

#include "vectors.h"

typedef int cusp_lanes_mask __attribute__((vector_size(64)));
typedef signed char cusp_places __attribute__((vector_size(16)));
typedef signed char cusp_unaligned_places __attribute__((vector_size(16), aligned(1), may_alias));

/// The windows of one row of results; `height` and `width` are constant where this is inlined for windows of 2x2.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_maximum_row(
    long height, long width, const struct cusp_images *sources, const struct cusp_images *results, const float *source,
    float *result, signed char *places) {
  for (long x = 0; x < results->width; x++) {
    for (long block = 0; block < results->channels / 16; block++) {
      const float *corner = source + x * width * sources->pixel_stride + block * sources->block_stride;
      cusp_vector largest = CUSP_LOAD(corner);
      cusp_lanes_mask place = {};
      for (int tap = 1; tap < height * width; tap++) {
        cusp_vector value = CUSP_LOAD(corner + tap / width * sources->row_stride + tap % width * sources->pixel_stride);
        // What is no number wins, as in PyTorch.
        cusp_lanes_mask wins = (value > largest) | (value != value);
        largest = (cusp_vector)(((cusp_lanes_mask)value & wins) | ((cusp_lanes_mask)largest & ~wins));
        place = (wins & tap) | (place & ~wins);
      }
      long offset = x * results->pixel_stride + block * results->block_stride;
      CUSP_STORE(result + offset, largest);
      if (places) *(cusp_unaligned_places *)(places + offset) = __builtin_convertvector(place, cusp_places);
    }
  }
}

/// Writes the largest number of each window of one image, and, unless that is null, which tap of the window it is at: the first
/// of equal ones.
CUSP_WIDE static inline void cusp_maximum(
    const struct cusp_images *sources, const struct cusp_images *results, long height, long width, const float *source,
    float *result, signed char *places) {
  for (long y = 0; y < results->height; y++) {
    const float *from = source + y * height * sources->row_stride;
    float *to = result + y * results->row_stride;
    signed char *at = places ? places + y * results->row_stride : places;
    if (height == 2 && width == 2)
      cusp_maximum_row(2, 2, sources, results, from, to, at);
    else
      cusp_maximum_row(height, width, sources, results, from, to, at);
  }
}

/// Writes the gradient of the windows of one row of results into the rows of `source`.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_maximum_row_gradient(
    long height, long width, const struct cusp_images *sources, const struct cusp_images *results, const float *result,
    const signed char *places, float *source) {
  for (long x = 0; x < results->width; x++) {
    for (long block = 0; block < results->channels / 16; block++) {
      float *corner = source + x * width * sources->pixel_stride + block * sources->block_stride;
      long offset = x * results->pixel_stride + block * results->block_stride;
      cusp_lanes_mask slope = (cusp_lanes_mask)CUSP_LOAD(result + offset);
      cusp_places at = *(const cusp_unaligned_places *)(places + offset);
      cusp_lanes_mask place = __builtin_convertvector(at, cusp_lanes_mask);
      for (int tap = 0; tap < height * width; tap++) {
        float *pixel = corner + tap / width * sources->row_stride + tap % width * sources->pixel_stride;
        CUSP_STORE(pixel, (cusp_vector)(slope & (place == tap)));
      }
    }
  }
}

/// Writes the gradient of one image of the source, given that of the result and where its numbers came from; pixels beyond the
/// last windows get 0.
CUSP_WIDE static inline void cusp_maximum_gradient(
    const struct cusp_images *sources, const struct cusp_images *results, long height, long width, const float *result,
    const signed char *places, float *source) {
  for (long y = 0; y < results->height; y++) {
    const float *from = result + y * results->row_stride;
    const signed char *at = places + y * results->row_stride;
    float *to = source + y * height * sources->row_stride;
    if (height == 2 && width == 2)
      cusp_maximum_row_gradient(2, 2, sources, results, from, at, to);
    else
      cusp_maximum_row_gradient(height, width, sources, results, from, at, to);
  }
  for (long y = 0; y < sources->height; y++) {
    long first = y < results->height * height ? results->width * width : 0;
    for (long x = first; x < sources->width; x++) {
      for (long block = 0; block < sources->channels / 16; block++) {
        CUSP_STORE(source + y * sources->row_stride + x * sources->pixel_stride + block * sources->block_stride, (cusp_vector){});
      }
    }
  }
}

#endif
