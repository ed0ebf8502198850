// Matrix products of vectors of 16 floats.

#ifndef CUSP_PRODUCT_H
#define CUSP_PRODUCT_H

#include "vectors.h"

// Where a set of instructions says by CUSP_AHEAD how many terms ahead weights are wanted in the nearest cache, two terms are
// taken at once, too.
#ifdef CUSP_AHEAD
#define CUSP_TERMS _Pragma("clang loop unroll_count(2)")
#else
#define CUSP_TERMS
#endif

/// `rows` rows times `width` vectors, `right_vector` apart, of a matrix product over `count` terms, added to what is there if
/// `adds`; all but `adds`, `count` and the addresses are constants where this is inlined, or the same in all calls.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_block(
    int rows, int width, int adds, long count, const float *left, long left_row, long left_step, const float *right,
    long right_step, long right_vector, float *result, long result_row) {
  cusp_vector sums[6][4];
  CUSP_UNROLLED for (int r = 0; r < rows; r++) {
    CUSP_UNROLLED for (int j = 0; j < width; j++) {
      sums[r][j] = adds ? CUSP_LOAD(result + r * result_row + j * 16) : (cusp_vector){};
    }
  }
  CUSP_TERMS for (long k = 0; k < count; k++) {
    cusp_vector weights[4];
    CUSP_UNROLLED for (int j = 0; j < width; j++) weights[j] = CUSP_LOAD(right + k * right_step + j * right_vector);
#ifdef CUSP_AHEAD
    __builtin_prefetch(right + (k + CUSP_AHEAD) * right_step);
#endif
    CUSP_UNROLLED for (int r = 0; r < rows; r++) {
      float value = left[r * left_row + k * left_step];
      CUSP_UNROLLED for (int j = 0; j < width; j++) sums[r][j] = CUSP_FMA(weights[j], value, sums[r][j]);
    }
  }
  CUSP_UNROLLED for (int r = 0; r < rows; r++) {
    CUSP_UNROLLED for (int j = 0; j < width; j++) CUSP_STORE(result + r * result_row + j * 16, sums[r][j]);
  }
}

/// Defines `name`: `rows` rows times a panel of `width` vectors, six rows and CUSP_COLUMNS vectors at a time.
#define CUSP_PANEL(name, width)                                                                                \
  CUSP_WIDE static inline void name(                                                                           \
      long rows, long count, int adds, const float *left, long left_stride, const float *right, float *result, \
      long outputs) {                                                                                          \
    CUSP_UNROLLED for (int at = 0; at < width; at += CUSP_COLUMNS) {                                           \
      const float *from = left, *panel = right + 16 * at;                                                      \
      float *to = result + 16 * at;                                                                            \
      long rest = rows;                                                                                        \
      for (; rest >= 6; rest -= 6, from += 6 * left_stride, to += 6 * outputs) CUSP_BLOCK(6, width);           \
      switch (rest) {                                                                                          \
      case 1: CUSP_BLOCK(1, width); break;                                                                     \
      case 2: CUSP_BLOCK(2, width); break;                                                                     \
      case 3: CUSP_BLOCK(3, width); break;                                                                     \
      case 4: CUSP_BLOCK(4, width); break;                                                                     \
      case 5: CUSP_BLOCK(5, width); break;                                                                     \
      }                                                                                                        \
    }                                                                                                          \
  }
#define CUSP_BLOCK(rows, width)                                                                            \
  cusp_block(                                                                                              \
      rows, width < CUSP_COLUMNS ? width : CUSP_COLUMNS, adds, count, from, left_stride, 1, panel, 16 * width, \
      16, to, outputs)
CUSP_PANEL(cusp_panel_1, 1)
CUSP_PANEL(cusp_panel_2, 2)
CUSP_PANEL(cusp_panel_3, 3)
CUSP_PANEL(cusp_panel_4, 4)

/// One panel of `width` columns times `count` terms, added to what is there if `adds`.
static inline void cusp_panel(
    long width, long rows, long count, int adds, const float *left, long left_stride, const float *panel, float *sums,
    long outputs) {
  switch (width) {
  case 16: cusp_panel_1(rows, count, adds, left, left_stride, panel, sums, outputs); break;
  case 32: cusp_panel_2(rows, count, adds, left, left_stride, panel, sums, outputs); break;
  case 48: cusp_panel_3(rows, count, adds, left, left_stride, panel, sums, outputs); break;
  default: cusp_panel_4(rows, count, adds, left, left_stride, panel, sums, outputs);
  }
}

/// The matrix product `[rows, inputs] x [inputs, outputs]`; `right` in panels of 64 columns and one of what remains,
/// each `[inputs, columns]`. Each result is one sum in the order of the inputs, whatever else is computed; it begins with
/// what is there if `adds`.
static inline void cusp_product(
    long rows, const float *left, long inputs, const float *right, long depth, int adds, float *result, long outputs) {
  for (long column = 0; column < outputs; column += 64) {
    long width = outputs - column < 64 ? outputs - column : 64;
    // What all rows are multiplied by in one round stays in the nearest cache.
    for (long input = 0; input < inputs; input += depth) {
      long count = inputs - input < depth ? inputs - input : depth;
      const float *panel = right + column * inputs + input * width;
      cusp_panel(width, rows, count, adds || input > 0, left + input, inputs, panel, result + column, outputs);
    }
  }
}

/// The products of all 16 numbers on the left with `width` vectors on the right, summed over `count` terms.
CUSP_WIDE __attribute__((always_inline)) static inline void cusp_outer_block(
    int width, int adds, long count, const float *left, const float *right, long stride, float *sums, long columns) {
  cusp_block(6, width, adds, count, left, 1, 16, right, 16, stride, sums, columns);
  cusp_block(6, width, adds, count, left + 6, 1, 16, right, 16, stride, sums + 6 * columns, columns);
  cusp_block(4, width, adds, count, left + 12, 1, 16, right, 16, stride, sums + 12 * columns, columns);
}

/// The products of `rows` channels on the left with `columns` on the right, summed over `count` places, into `sums`,
/// `[rows, columns]`, or added to what is there if `adds`. Both sides are blocks of 16 channels, `[count, 16]`, `stride` apart.
/// Each is one sum in the order of the places, in rounds of `depth` of them as in `cusp_product`.
CUSP_WIDE static inline void cusp_outer_product(
    long count, const float *left, const float *right, long stride, long depth, long rows, long columns, int adds,
    float *sums) {
  for (long place = 0; place < count; place += depth) {
    long terms = count - place < depth ? count - place : depth;
    int further = adds || place > 0;
    for (long row = 0; row < rows; row += 16) {
      const float *a = left + row / 16 * stride + 16 * place;
      for (long column = 0; column < columns; column += 16 * CUSP_COLUMNS) {
        const float *b = right + column / 16 * stride + 16 * place;
        float *to = sums + row * columns + column;
        long vectors = (columns - column) / 16;
        switch (vectors < CUSP_COLUMNS ? vectors : CUSP_COLUMNS) {
        case 1: cusp_outer_block(1, further, terms, a, b, stride, to, columns); break;
        case 2: cusp_outer_block(2, further, terms, a, b, stride, to, columns); break;
        case 3: cusp_outer_block(3, further, terms, a, b, stride, to, columns); break;
        default: cusp_outer_block(4, further, terms, a, b, stride, to, columns);
        }
      }
    }
  }
}

#endif
