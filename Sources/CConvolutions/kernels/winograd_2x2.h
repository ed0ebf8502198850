// The inner loops of a 3x3 convolution of images of 2x2 pixels, zero outside, in a form of Winograd's algorithm of its own.
//
// In one dimension the results are g1 d0 + g2 d1 and g0 d0 + g1 d1: g1 (d0 + d1) + (g2 - g1) d1 and g1 (d0 + d1) +
// (g0 - g1) d0, three products instead of four; nine instead of sixteen in two. It is F(2x2, 2x2) with the pixels in the
// place of the weights. The way back to the pixels is the same convolution by kernels that are read from the other end.

#ifndef CUSP_WINOGRAD_2X2_H
#define CUSP_WINOGRAD_2X2_H

#include "winograd_kernels.h"

/// Writes the nine sums of each of `count` images, each a tile, from the one numbered `first` on: of both pixels, of the first and
/// of the second, in both directions; from the end if `reversed`. They are laid out as by `cusp_winograd_scatter`.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_winograd_2x2_sums(
    int reversed, const struct cusp_images *restrict images, const float *source, long first, long count, float *parts,
    long part_stride, long part_tile, long part_block) {
  long down = images->row_stride, right = images->pixel_stride, end = reversed ? down + right : 0;
  if (reversed) down = -down, right = -right;
  for (long t = 0; t < count; t++) {
    for (long block = 0; block < images->channels / 16; block++) {
      const float *d = source + (first + t) * images->image_stride + block * images->block_stride + end;
      float *part = parts + t * part_tile + block * part_block;
      cusp_vector half[3][2];
      CUSP_UNROLLED for (long x = 0; x < 2; x++) {
        half[1][x] = CUSP_LOAD(d + x * right);
        half[2][x] = CUSP_LOAD(d + down + x * right);
        half[0][x] = half[1][x] + half[2][x];
      }
      CUSP_UNROLLED for (long y = 0; y < 3; y++) {
        CUSP_STORE(part + 3 * y * part_stride, half[y][0] + half[y][1]);
        CUSP_STORE(part + (3 * y + 1) * part_stride, half[y][0]);
        CUSP_STORE(part + (3 * y + 2) * part_stride, half[y][1]);
      }
    }
  }
}

/// Transforms images, from the end.
CUSP_WIDE static void cusp_winograd_2x2_scatter(
    const struct cusp_images *images, const struct cusp_tiles *tiles, const float *source, long first, long count,
    float *parts, long part_stride, long part_tile, long part_block) {
  cusp_winograd_2x2_sums(1, images, source, first, count, parts, part_stride, part_tile, part_block);
}

/// Takes the gradient of the results to that of the products.
CUSP_WIDE static void cusp_winograd_2x2_scatter_gradient(
    const struct cusp_images *images, const struct cusp_tiles *tiles, const float *gradient, long first, long count,
    float *parts, long part_stride, long part_tile, long part_block) {
  cusp_winograd_2x2_sums(0, images, gradient, first, count, parts, part_stride, part_tile, part_block);
}

/// Transforms the products of `count` images back, `[9, count, channels]` with `part_stride` between the 9.
CUSP_WIDE static inline void cusp_winograd_2x2_gather(
    const struct cusp_images *restrict images, const struct cusp_tiles *tiles,
    const struct cusp_epilogue *restrict epilogue, const float *parts, long part_stride, long first, long count,
    float *destination) {
  for (long t = 0; t < count; t++) {
    for (long block = 0; block < images->channels / 16; block++) {
      const float *part = parts + t * images->channels + block * 16;
      float *place = destination + (first + t) * images->image_stride + block * images->block_stride;
      cusp_vector half[2][3];
      CUSP_UNROLLED for (long x = 0; x < 3; x++) {
        cusp_vector both = CUSP_LOAD(part + x * part_stride);
        half[0][x] = both + CUSP_LOAD(part + (3 + x) * part_stride);
        half[1][x] = both + CUSP_LOAD(part + (6 + x) * part_stride);
      }
      CUSP_UNROLLED for (long y = 0; y < 2; y++) {
        float *row = place + y * images->row_stride;
        cusp_finish(epilogue, block * 16, half[y][0] + half[y][1], row);
        cusp_finish(epilogue, block * 16, half[y][0] + half[y][2], row + images->pixel_stride);
      }
    }
  }
}

#endif
