// What the kernels are told of images, weights and windows.

#ifndef CUSP_STRUCTURES_H
#define CUSP_STRUCTURES_H

/// How a batch of images lies in memory: the distance in floats between images, blocks of 16 channels, rows and pixels.
struct cusp_images {
  long height, width, channels;
  long image_stride, block_stride, row_stride, pixel_stride;
};

/// What follows the product: `bias` one number a channel or null, then a sum with what lies `addend` floats beyond, then
/// max(x, 0), then 0 where the number `mask` floats beyond is not above it, if `mask` is not 0. If `streams`, results pass the
/// caches by: where they go is aligned to 64 bytes then.
struct cusp_epilogue {
  const float *bias;
  int accumulates, relu, streams;
  long addend, mask;
};

/// The windows of a convolution: the kernel, the steps between windows and between a window's pixels, and where the first
/// window begins, above and to the left of the image.
struct cusp_windows {
  long kernel_height, kernel_width;
  long stride_height, stride_width, dilation_height, dilation_width;
  long top, left;
};

/// Row-major images of few channels, and the convolution that reads them.
struct cusp_narrow {
  long height, width, channels, kernel, stride, border;
};

/// `rows` * `columns` pixels of each image of the result: those that begin at (top, left), `step` apart. Pixel (y, x) of
/// them reads, for a tap at (down, right), pixel (source_step * y + down, source_step * x + right) of the source.
struct cusp_pixel_grid {
  long rows, columns, top, left, step, source_step;
};

/// `rows` * `columns` tiles of 4x4 pixels cover each image of the result; tile (y, x) is computed from the 6x6 pixels
/// of the source that begin at (4 y - border, 4 x - border), zero outside.
struct cusp_tiles {
  long rows, columns, border;
};

/// Where the weights from `inputs` to `outputs` channels lie: the distance in floats from one input to the next, and from one
/// output; the 3x3 ones of a backward pass are read from the other end.
struct cusp_kernels {
  long inputs, outputs;
  long input_stride, output_stride;
  int flipped;
};

#endif
