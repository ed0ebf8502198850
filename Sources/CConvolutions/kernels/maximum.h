// The inner loops of maximum pooling, 16 channels at once.

#ifndef CUSP_MAXIMUM_H
#define CUSP_MAXIMUM_H

#include "vectors.h"

typedef signed char cusp_places __attribute__((vector_size(16)));
typedef signed char cusp_unaligned_places __attribute__((vector_size(16), aligned(1), may_alias));

/// Rows or columns of a window: those from `first` up to `end`.
struct cusp_range {
  long first, end;
};

/// Those of `count` from `start` on that an image of `size` has.
CUSP_WIDE __attribute__((always_inline)) static inline struct cusp_range cusp_inside(long start, long count, long size) {
  return (struct cusp_range){start < 0 ? -start : 0, size - start < count ? size - start : count};
}

/// One window: the largest number of `rows` and `columns`, from `corner` on.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_maximum_window(
    long width, struct cusp_range rows, struct cusp_range columns, const struct cusp_images *restrict sources,
    const float *corner, float *result, signed char *places) {
  cusp_vector largest = CUSP_LOAD(corner + rows.first * sources->row_stride + columns.first * sources->pixel_stride);
  cusp_lanes_mask place = (cusp_lanes_mask){} + (int)(rows.first * width + columns.first);
  for (long row = rows.first; row < rows.end; row++) {
    for (long column = columns.first; column < columns.end; column++) {
      cusp_vector value = CUSP_LOAD(corner + row * sources->row_stride + column * sources->pixel_stride);
      // What is no number wins, as in PyTorch.
      cusp_lanes_mask wins = (value > largest) | (value != value);
      largest = (cusp_vector)(((cusp_lanes_mask)value & wins) | ((cusp_lanes_mask)largest & ~wins));
      place = (wins & (int)(row * width + column)) | (place & ~wins);
    }
  }
  CUSP_STORE(result, largest);
  if (places) *(cusp_unaligned_places *)places = __builtin_convertvector(place, cusp_places);
}

/// One window's gradient to where its largest number came from; other pixels of it get 0, or nothing if `adds`.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_maximum_window_gradient(
    long width, int adds, struct cusp_range rows, struct cusp_range columns, const struct cusp_images *restrict sources,
    const float *result, const signed char *places, float *corner) {
  cusp_lanes_mask slope = (cusp_lanes_mask)CUSP_LOAD(result);
  cusp_lanes_mask place = __builtin_convertvector(*(const cusp_unaligned_places *)places, cusp_lanes_mask);
  for (long row = rows.first; row < rows.end; row++) {
    for (long column = columns.first; column < columns.end; column++) {
      float *pixel = corner + row * sources->row_stride + column * sources->pixel_stride;
      cusp_vector share = (cusp_vector)(slope & (place == (int)(row * width + column)));
      CUSP_STORE(pixel, adds ? CUSP_LOAD(pixel) + share : share);
    }
  }
}

/// Row `y` of the results, or of their gradient if `is_backward`; `height`, `width` and `adds` are constant where this is
/// inlined.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_maximum_row(
    long height, long width, int is_backward, int adds, long y, const struct cusp_windows *restrict windows,
    const struct cusp_images *restrict sources, const struct cusp_images *restrict results, float *source, float *result,
    signed char *places) {
  const long top = y * windows->stride_height - windows->top;
  const struct cusp_range rows = cusp_inside(top, height, sources->height);
  const struct cusp_range all_rows = {0, height}, all_columns = {0, width};
  for (long x = 0; x < results->width; x++) {
    const long left = x * windows->stride_width - windows->left;
    const struct cusp_range columns = cusp_inside(left, width, sources->width);
    const int is_whole = rows.first == 0 && rows.end == height && columns.first == 0 && columns.end == width;
    for (long block = 0; block < results->channels / 16; block++) {
      float *corner = source + top * sources->row_stride + left * sources->pixel_stride + block * sources->block_stride;
      const long offset = y * results->row_stride + x * results->pixel_stride + block * results->block_stride;
      signed char *at = places ? places + offset : places;
      if (is_backward && is_whole)
        cusp_maximum_window_gradient(width, adds, all_rows, all_columns, sources, result + offset, at, corner);
      else if (is_backward)
        cusp_maximum_window_gradient(width, adds, rows, columns, sources, result + offset, at, corner);
      else if (is_whole)
        cusp_maximum_window(width, all_rows, all_columns, sources, corner, result + offset, at);
      else
        cusp_maximum_window(width, rows, columns, sources, corner, result + offset, at);
    }
  }
}

/// Writes the largest number of each window of one image, and, unless that is null, which tap of the window it is at: the first
/// of equal ones.
CUSP_WIDE static inline void cusp_maximum(
    const struct cusp_images *restrict sources, const struct cusp_images *restrict results,
    const struct cusp_windows *restrict windows,
    const float *source, float *result, signed char *places) {
  const long height = windows->kernel_height, width = windows->kernel_width;
  float *from = (float *)source;
  for (long y = 0; y < results->height; y++) {
    if (height == 2 && width == 2)
      cusp_maximum_row(2, 2, 0, 0, y, windows, sources, results, from, result, places);
    else if (height == 3 && width == 3)
      cusp_maximum_row(3, 3, 0, 0, y, windows, sources, results, from, result, places);
    else
      cusp_maximum_row(height, width, 0, 0, y, windows, sources, results, from, result, places);
  }
}

/// Writes 0 to the pixels of row `y` from `first` on.
CUSP_WIDE static inline void cusp_clear_row(const struct cusp_images *restrict images, long y, long first, float *image) {
  for (long x = first; x < images->width; x++)
    for (long block = 0; block < images->channels / 16; block++)
      CUSP_STORE(image + y * images->row_stride + x * images->pixel_stride + block * images->block_stride, (cusp_vector){});
}

/// As `cusp_maximum_gradient`, where windows lie side by side from the first pixel on: each pixel is written once.
CUSP_WIDE static inline void cusp_tiled_maximum_gradient(
    const struct cusp_images *restrict sources, const struct cusp_images *restrict results,
    const struct cusp_windows *restrict windows,
    const float *result, const signed char *places, float *source) {
  const long height = windows->kernel_height, width = windows->kernel_width;
  float *from = (float *)result;
  signed char *at = (signed char *)places;
  for (long y = 0; y < results->height; y++) {
    if (height == 2 && width == 2)
      cusp_maximum_row(2, 2, 1, 0, y, windows, sources, results, source, from, at);
    else
      cusp_maximum_row(height, width, 1, 0, y, windows, sources, results, source, from, at);
  }
  for (long y = 0; y < sources->height; y++)
    cusp_clear_row(sources, y, y < results->height * height ? results->width * width : 0, source);
}

/// Writes the gradient of one image of the source, given that of the result and where its numbers came from; pixels that are no
/// window's largest get 0.
CUSP_WIDE static inline void cusp_maximum_gradient(
    const struct cusp_images *restrict sources, const struct cusp_images *restrict results,
    const struct cusp_windows *restrict windows,
    const float *result, const signed char *places, float *source) {
  const long height = windows->kernel_height, width = windows->kernel_width;
  if (windows->stride_height == height && windows->stride_width == width && windows->top == 0 && windows->left == 0 &&
      results->height * height <= sources->height && results->width * width <= sources->width) {
    cusp_tiled_maximum_gradient(sources, results, windows, result, places, source);
    return;
  }
  float *from = (float *)result;
  signed char *at = (signed char *)places;
  // Rows are cleared just before the first window adds to them, while they are in the caches.
  long cleared = 0;
  for (long y = 0; y <= results->height; y++) {
    const long end = y * windows->stride_height - windows->top + height;
    for (; cleared < sources->height && (cleared < end || y == results->height); cleared++)
      cusp_clear_row(sources, cleared, 0, source);
    if (y == results->height) break;
    if (height == 3 && width == 3)
      cusp_maximum_row(3, 3, 1, 1, y, windows, sources, results, source, from, at);
    else
      cusp_maximum_row(height, width, 1, 1, y, windows, sources, results, source, from, at);
  }
}

#endif
