// The inner loops of a convolution as matrix products, one for each tap of the kernel: pixels times channels.

#ifndef CUSP_TAPS_H
#define CUSP_TAPS_H

#include "product.h"

/// Copies what `count` pixels, from the one numbered `first` in the batch, read for the tap at (down, right) to `part`: its
/// pixels are `part_pixel` apart, their blocks of 16 channels `part_block`. Pixels outside are zero.
CUSP_WIDE static inline void cusp_tap_scatter(
    const struct cusp_images *restrict images, const struct cusp_pixel_grid *restrict grid, long down, long right, const float *source,
    long first, long count, float *part, long part_pixel, long part_block) {
  for (long p = first; p < first + count; p++, part += part_pixel) {
    long pixel = p % (grid->rows * grid->columns), image = p / (grid->rows * grid->columns);
    long y = grid->source_step * (pixel / grid->columns) + down;
    long x = grid->source_step * (pixel % grid->columns) + right;
    int inside = y >= 0 && y < images->height && x >= 0 && x < images->width;
    const float *place = source + image * images->image_stride + y * images->row_stride + x * images->pixel_stride;
    for (long block = 0; block < images->channels / 16; block++) {
      CUSP_STORE(part + block * part_block, inside ? CUSP_LOAD(place + block * images->block_stride) : (cusp_vector){});
    }
  }
}

/// Ends the sums over all taps, `[count, channels]`, and writes them into images of the result.
CUSP_WIDE static inline void cusp_tap_gather(
    const struct cusp_images *restrict images, const struct cusp_pixel_grid *restrict grid, const struct cusp_epilogue *restrict epilogue,
    const float *sums, long first, long count, float *destination) {
  for (long p = first; p < first + count; p++, sums += images->channels) {
    long pixel = p % (grid->rows * grid->columns), image = p / (grid->rows * grid->columns);
    float *place = destination + image * images->image_stride +
                   (grid->top + grid->step * (pixel / grid->columns)) * images->row_stride +
                   (grid->left + grid->step * (pixel % grid->columns)) * images->pixel_stride;
    for (long block = 0; block < images->channels / 16; block++) {
      cusp_finish(epilogue, block * 16, CUSP_LOAD(sums + block * 16), place + block * images->block_stride);
    }
  }
}

#endif
