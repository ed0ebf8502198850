// The inner loops of the gradient of a depthwise convolution's filters: a register holds 16 channels.

#ifndef CUSP_DEPTHWISE_H
#define CUSP_DEPTHWISE_H

#include "vectors.h"

/// Adds to `sums` what the pixels `first..<last` of one row of the gradient give the `taps` taps that read from `source` on;
/// pixel x reads there pixel x * step + tap * apart. `taps` and `checks` are constant where this is inlined; without checks
/// every tap reads within the row, from 0 to `width`.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_depthwise_taps(
    int taps, int checks, const float *source, long width, long source_step, const float *gradient, long gradient_step,
    long start, long step, long apart, long first, long last, cusp_vector *sums) {
  cusp_vector parts[4];
  CUSP_UNROLLED for (int t = 0; t < taps; t++) parts[t] = sums[t];
  for (long x = first; x < last; x++) {
    cusp_vector slope = CUSP_LOAD(gradient + x * gradient_step);
    long column = x * step + start;
    CUSP_UNROLLED for (int t = 0; t < taps; t++) {
      long place = column + t * apart;
      int inside = !checks || (place >= 0 && place < width);
      cusp_vector value = inside ? CUSP_LOAD(source + place * source_step) : (cusp_vector){};
      parts[t] = __builtin_elementwise_fma(value, slope, parts[t]);
    }
  }
  CUSP_UNROLLED for (int t = 0; t < taps; t++) sums[t] = parts[t];
}

/// All pixels of one row, those in the middle without checks.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_depthwise_row(
    int taps, const float *source, long width, long source_step, const float *gradient, long count, long gradient_step,
    long start, long step, long apart, cusp_vector *sums) {
  long low = start < 0 ? (step - 1 - start) / step : 0;
  long room = width - 1 - start - (taps - 1) * apart, high = room < 0 ? 0 : room / step + 1;
  if (low > count) low = count;
  if (high > count) high = count;
  if (high < low) high = low;
#define CUSP_PART(checks, first, last)                                                                             \
  cusp_depthwise_taps(taps, checks, source, width, source_step, gradient, gradient_step, start, step, apart, first, last, sums)
  CUSP_PART(1, 0, low);
  CUSP_PART(0, low, high);
  CUSP_PART(1, high, count);
#undef CUSP_PART
}

/// Writes the sums `[taps, 16]` that one block of 16 channels of one image gives the filters' gradient, or adds them.
CUSP_WIDE static inline void cusp_depthwise_gradient(
    const struct cusp_images *restrict sources, const struct cusp_images *restrict results,
    const struct cusp_windows *restrict windows,
    const float *source, const float *gradient, int adds, float *filters) {
  for (long down = 0; down < windows->kernel_height; down++) {
    for (long right = 0; right < windows->kernel_width; right += 4) {
      long rest = windows->kernel_width - right, taps = rest < 4 ? rest : 4;
      long start = right * windows->dilation_width - windows->left;
      cusp_vector sums[4] = {};
      for (long y = 0; y < results->height; y++) {
        long row = y * windows->stride_height + down * windows->dilation_height - windows->top;
        if (row < 0 || row >= sources->height) continue;
        const float *from = source + row * sources->row_stride, *slope = gradient + y * results->row_stride;
#define CUSP_ROW(taps)                                                                                                \
  cusp_depthwise_row(                                                                                                 \
      taps, from, sources->width, sources->pixel_stride, slope, results->width, results->pixel_stride, start,        \
      windows->stride_width, windows->dilation_width, sums)
        switch (taps) {
        case 1: CUSP_ROW(1); break;
        case 2: CUSP_ROW(2); break;
        case 3: CUSP_ROW(3); break;
        default: CUSP_ROW(4); break;
        }
#undef CUSP_ROW
      }
      float *place = filters + (down * windows->kernel_width + right) * 16;
      for (long t = 0; t < taps; t++) {
        CUSP_STORE(place + t * 16, adds ? CUSP_LOAD(place + t * 16) + sums[t] : sums[t]);
      }
    }
  }
}

#endif
