// The inner loops of a 1x1 convolution in groups: for each group one matrix product of pixels and channels.

#ifndef CUSP_GROUPS_H
#define CUSP_GROUPS_H

#include "product.h"

/// Ends `rows` rows of `width` sums, added to what is there and not elsewhere, without a mask, and stores the first `outputs` of each in rows `stride` apart.
CUSP_WIDE static inline void cusp_group_finish(
    long rows, const float *sums, long width, const struct cusp_epilogue *restrict epilogue, long channel, long outputs,
    float *result, long stride) {
  for (long row = 0; row < rows; row++, sums += width, result += stride) {
    long i = 0;
    for (; i + 16 <= outputs; i += 16) {
      cusp_vector value = CUSP_LOAD(sums + i);
      if (epilogue->bias) value += CUSP_LOAD(epilogue->bias + channel + i);
      if (epilogue->accumulates) value += CUSP_LOAD(result + channel + i);
      // A comparison lets what is not a number through.
      if (epilogue->relu) value = (cusp_vector)(~(value < 0.0f) & (cusp_lanes_mask)value);
      CUSP_STORE(result + channel + i, value);
    }
    for (; i < outputs; i++) {
      float value = sums[i];
      if (epilogue->bias) value += epilogue->bias[channel + i];
      if (epilogue->accumulates) value += result[channel + i];
      result[channel + i] = epilogue->relu && value < 0 ? 0 : value;
    }
  }
}

/// The product of `rows` pixels with the channels last, `inputs` of whose `left_stride` channels begin at `left`, and one
/// group's weights, in panels as those of `cusp_product`; its `outputs` channels begin at `channel` of `result`.
CUSP_WIDE static inline void cusp_group_product(
    long rows, const float *left, long left_stride, long inputs, const float *right, long depth,
    const struct cusp_epilogue *restrict epilogue, long channel, long outputs, float *result, long stride) {
  float sums[48 * CUSP_PANEL_WIDTH];
  for (long column = 0; column < outputs; column += CUSP_PANEL_WIDTH) {
    long rest = (outputs - column + 15) / 16 * 16, width = rest < CUSP_PANEL_WIDTH ? rest : CUSP_PANEL_WIDTH;
    long kept = outputs - column < CUSP_PANEL_WIDTH ? outputs - column : CUSP_PANEL_WIDTH;
    for (long row = 0; row < rows; row += 48) {
      long some = rows - row < 48 ? rows - row : 48;
      // What all rows are multiplied by in one round stays in the nearest cache.
      for (long input = 0; input < inputs; input += depth) {
        long count = inputs - input < depth ? inputs - input : depth;
        cusp_panel(
            width, some, count, input > 0, left + row * left_stride + input, left_stride,
            right + column * inputs + input * width, sums, width);
      }
      cusp_group_finish(some, sums, width, epilogue, channel + column, kept, result + row * stride, stride);
    }
  }
}

#endif
