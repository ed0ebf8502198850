// Matrix products of vectors of 16 floats.

#ifndef CUSP_PRODUCT_H
#define CUSP_PRODUCT_H

#include "vectors.h"

/// The columns of a panel: as many as a product computes side by side, so that what it reads lies together.
#define CUSP_PANEL_WIDTH (16 * CUSP_COLUMNS)

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

/// Defines `name`: `rows` rows times a panel of `width` vectors, six rows at a time; the last seven or eight are halved, since one or
/// two by themselves would wait for their sums.
#define CUSP_PANEL(name, width)                                                                                \
  CUSP_WIDE static inline void name(                                                                           \
      long rows, long count, int adds, const float *left, long left_stride, const float *right, float *result, \
      long outputs) {                                                                                          \
    for (; rows == 6 || rows > 8; rows -= 6, left += 6 * left_stride, result += 6 * outputs) {                 \
      CUSP_BLOCK(6, width);                                                                                    \
    }                                                                                                          \
    if (rows > 6) {                                                                                            \
      CUSP_BLOCK(4, width);                                                                                    \
      rows -= 4, left += 4 * left_stride, result += 4 * outputs;                                               \
    }                                                                                                          \
    switch (rows) {                                                                                            \
    case 1: CUSP_BLOCK(1, width); break;                                                                       \
    case 2: CUSP_BLOCK(2, width); break;                                                                       \
    case 3: CUSP_BLOCK(3, width); break;                                                                       \
    case 4: CUSP_BLOCK(4, width); break;                                                                       \
    case 5: CUSP_BLOCK(5, width); break;                                                                       \
    }                                                                                                          \
  }
#define CUSP_BLOCK(rows, width) \
  cusp_block(rows, width, adds, count, left, left_stride, 1, right, 16 * width, 16, result, outputs)
CUSP_PANEL(cusp_panel_1, 1)
#if CUSP_COLUMNS > 1
CUSP_PANEL(cusp_panel_2, 2)
CUSP_PANEL(cusp_panel_3, 3)
CUSP_PANEL(cusp_panel_4, 4)
#endif

/// One panel of `width` columns times `count` terms, added to what is there if `adds`.
static inline void cusp_panel(
    long width, long rows, long count, int adds, const float *left, long left_stride, const float *panel, float *sums,
    long outputs) {
  switch (width) {
#if CUSP_COLUMNS > 1
  case 32: cusp_panel_2(rows, count, adds, left, left_stride, panel, sums, outputs); break;
  case 48: cusp_panel_3(rows, count, adds, left, left_stride, panel, sums, outputs); break;
  case 64: cusp_panel_4(rows, count, adds, left, left_stride, panel, sums, outputs); break;
#endif
  default: cusp_panel_1(rows, count, adds, left, left_stride, panel, sums, outputs);
  }
}

/// The matrix product `[rows, inputs] x [inputs, outputs]`; `right` in panels of CUSP_PANEL_WIDTH columns and one of what
/// remains, each `[inputs, columns]`. Each result is one sum in the order of the inputs, whatever else is computed; it begins
/// with what is there if `adds`.
static inline void cusp_product(
    long rows, const float *left, long inputs, const float *right, long depth, int adds, float *result, long outputs) {
  for (long column = 0; column < outputs; column += CUSP_PANEL_WIDTH) {
    long width = outputs - column < CUSP_PANEL_WIDTH ? outputs - column : CUSP_PANEL_WIDTH;
    // What all rows are multiplied by in one round stays in the nearest cache.
    for (long input = 0; input < inputs; input += depth) {
      long count = inputs - input < depth ? inputs - input : depth;
      const float *panel = right + column * inputs + input * width;
      cusp_panel(width, rows, count, adds || input > 0, left + input, inputs, panel, result + column, outputs);
    }
  }
}

/// Lays the weights of `count` inputs, from `first` on, out in panels as `cusp_product` reads them, as the rows from `row` on of a
/// matrix `[rows, columns]`. Channels that there are not get zeros.
CUSP_WIDE static inline void cusp_pack(
    const struct cusp_kernels *restrict kernels, const float *values, long first, long count, float *panels, long row,
    long rows, long columns) {
  for (long column = 0; column < columns; column += 16) {
    long panel = column / CUSP_PANEL_WIDTH * CUSP_PANEL_WIDTH;
    long width = columns - panel < CUSP_PANEL_WIDTH ? columns - panel : CUSP_PANEL_WIDTH;
    for (long begin = 0; begin < count; begin += 16) {
      // Turned on the way, so that what lies together is read together.
      float turned[16][16] = {};
      for (long o = 0; o < 16 && column + o < kernels->outputs; o++) {
        const float *place = values + (column + o) * kernels->output_stride + (first + begin) * kernels->input_stride;
        for (long i = 0; i < 16 && begin + i < count && first + begin + i < kernels->inputs; i++) {
          turned[i][o] = place[i * kernels->input_stride];
        }
      }
      float *place = panels + panel * rows + (row + begin) * width + column - panel;
      for (long i = 0; i < 16 && begin + i < count; i++) CUSP_STORE(place + i * width, CUSP_LOAD(turned[i]));
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
