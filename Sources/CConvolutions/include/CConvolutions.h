// The inner loops of handwritten convolutions: Winograd's F(4x4, 3x3), matrix products, taps, and the gradients of narrow images
// and of depthwise filters; one set for each set of instructions, with the same results to the bit.

#ifndef CUSP_CONVOLUTIONS_H
#define CUSP_CONVOLUTIONS_H

#include "structures.h"

/// The transforms of one form of Winograd's algorithm; between them lie matrix products of tiles and weights.
struct cusp_winograd {
  /// How many products there are.
  long parts;

  /// Transforms `count` tiles, from the one numbered `first` in the batch: element i of B' d B of tile t and channel c
  /// goes to `parts[i * part_stride + t * part_tile + c / 16 * part_block + c % 16]`.
  void (*scatter)(
      const struct cusp_images *images, const struct cusp_tiles *tiles, const float *source, long first, long count,
      float *parts, long part_stride, long part_tile, long part_block);

  /// Transforms the weights of `count` inputs, from `first` on, for `product`: element i of G g G' goes to the
  /// matrix at `parts[i * inputs * outputs]`. Channels that there are not get zeros.
  ///
  /// All of it is more than the caches hold, so that the stores pass them by: `parts` is aligned to 64 bytes.
  void (*kernels)(
      const struct cusp_kernels *kernels, const float *values, long first, long count, float *parts, long inputs,
      long outputs);

  /// Transforms the products of `count` tiles back, `[count, channels]` each of them, into images of the result.
  void (*gather)(
      const struct cusp_images *images, const struct cusp_tiles *tiles, const struct cusp_epilogue *epilogue,
      const float *parts, long part_stride, long first, long count, float *destination);

  /// Takes `count` tiles of the gradient of the results, from the one numbered `first`, to that of the products, laid out as
  /// by `scatter`: A y A', pixels outside zero.
  void (*scatter_gradient)(
      const struct cusp_images *images, const struct cusp_tiles *tiles, const float *gradient, long first,
      long count, float *parts, long part_stride, long part_tile, long part_block);

  /// Transforms the products of all tiles of image `image` back to the pixels that the tiles were computed from: B v B',
  /// summed where tiles overlap. `parts` begins with the image's first tile; `above` holds 8 * (columns + 1) vectors.
  /// Null for images of 2x2, whose way back is a way forward by kernels from the other end.
  void (*gather_gradient)(
      const struct cusp_images *images, const struct cusp_tiles *tiles, const struct cusp_epilogue *epilogue,
      const float *parts, long part_stride, long image, float *above, float *destination);

  /// Takes the gradients `sums`, one of each product, `[rows, width]`, of the weights from `input` to `output` on back to those of the
  /// kernels, G' u G, into `gradient`, where the weights lie as `kernels` says.
  void (*kernel_gradient)(
      const struct cusp_kernels *kernels, const float *sums, long input, long output, long rows, long width,
      float *gradient);
};

/// The kernels for one set of instructions.
struct cusp_kernel_set {
  /// `avx512`, `avx2`, `neon` or `portable`.
  const char *name;

  /// The columns of a panel of weights: a multiple of 16.
  long panel_width;

  /// The matrix product `[rows, inputs] x [inputs, outputs]`; `right` in panels of `panel_width` columns and one of what
  /// remains, each `[inputs, columns]`. Each result is one sum in the order of the inputs, whatever else is computed; it begins with
  /// what is there if `adds`. Rounds of `depth` inputs keep what they read in the nearest cache, and change no bit.
  void (*product)(
      long rows, const float *left, long inputs, const float *right, long depth, int adds, float *result,
      long outputs);

  /// Lays the weights of `count` inputs, from `first` on, out in panels as `product` reads them, as the rows from `row` on of a
  /// matrix `[rows, columns]`. Channels that there are not get zeros.
  void (*pack)(
      const struct cusp_kernels *kernels, const float *values, long first, long count, float *panels, long row,
      long rows, long columns);

  /// The products of `rows` channels on the left with `columns` on the right, summed over `count` places, into `sums`,
  /// `[rows, columns]`, or added to what is there if `adds`. Both sides are blocks of 16 channels, `[count, 16]`, `stride` apart.
  /// Each is one sum in the order of the places, in rounds of `depth` of them as in `product`.
  void (*outer_product)(
      long count, const float *left, const float *right, long stride, long depth, long rows, long columns, int adds,
      float *sums);

  /// Copies what `count` pixels, from the one numbered `first` in the batch, read for the tap at (down, right) to `part`: its
  /// pixels are `part_pixel` apart, their blocks of 16 channels `part_block`. Pixels outside are zero.
  void (*tap_scatter)(
      const struct cusp_images *images, const struct cusp_pixel_grid *grid, long down, long right,
      const float *source, long first, long count, float *part, long part_pixel, long part_block);

  /// Ends the sums over all taps, `[count, channels]`, and writes them into images of the result.
  void (*tap_gather)(
      const struct cusp_images *images, const struct cusp_pixel_grid *grid, const struct cusp_epilogue *epilogue,
      const float *sums, long first, long count, float *destination);

  /// F(4x4, 3x3), and its form for images of 2x2 pixels under a kernel that reaches one pixel over their edges.
  struct cusp_winograd winograd, winograd_2x2;

  /// Lays the pixels that the windows of row `y` of the result read, zero outside, column by column into `part`,
  /// `[columns, kernel, channels]`.
  void (*narrow_columns)(
      const struct cusp_narrow *narrow, const float *pixels, long y, long columns, float *part);

  /// Makes 0 of `gradient` where the 16 * `count` numbers of `values` are not above 0.
  void (*narrow_mask)(
      const float *values, float *gradient, long count);

  /// Writes the gradient of the pixels of one image, given that of the convolution's result, `images`, in blocks of 16
  /// channels; `weights` are `[kernel, kernel, channels, result's channels]`.
  void (*narrow_gradient)(
      const struct cusp_images *images, const struct cusp_narrow *narrow, const float *gradient,
      const float *weights, float *pixels);

  /// The product of `rows` pixels with the channels last, `inputs` of whose `left_stride` channels begin at `left`, and one
  /// group's weights, in panels and rounds as those of `product`; its `outputs` channels begin at `channel` of `result`.
  void (*group_product)(
      long rows, const float *left, long left_stride, long inputs, const float *right, long depth,
      const struct cusp_epilogue *epilogue, long channel, long outputs, float *result, long stride);

  /// Writes the sums `[taps, 16]` that one block of 16 channels of one image gives the filters' gradient, or adds them.
  void (*depthwise_gradient)(
      const struct cusp_images *sources, const struct cusp_images *results, const struct cusp_windows *windows,
      const float *source, const float *gradient, int adds, float *filters);

  /// Writes the sums `[16]` of one block of 16 channels over all pixels of one image, or adds them.
  void (*channel_sums)(
      const struct cusp_images *images, const float *image, int adds, float *sums);

  /// Writes `source` times `scale`, plus `shift` unless that is null, of one block of 16 channels over all pixels of one image;
  /// then max(x, 0) if `relu`.
  void (*scale_shift)(
      const struct cusp_images *images, const float *source, const float *scale, const float *shift, int relu,
      float *destination);

  /// Writes the largest number of each of the windows of one image, and, unless that is null, which tap of its window it is at:
  /// the first of equal ones. Windows may overlap and reach past the edges; each has a pixel of the image, and no holes.
  void (*maximum)(
      const struct cusp_images *sources, const struct cusp_images *results, const struct cusp_windows *windows,
      const float *source, float *result, signed char *places);

  /// Writes the gradient of one image of the source, given that of the result and where its numbers came from; pixels that are
  /// no window's largest get 0.
  void (*maximum_gradient)(
      const struct cusp_images *sources, const struct cusp_images *results, const struct cusp_windows *windows,
      const float *result, const signed char *places, float *source);
};

/// The set `name`; null where this build or this processor has it not.
const struct cusp_kernel_set *cusp_find_kernel_set(const char *name);

#endif
