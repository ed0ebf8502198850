// PNG by libpng and JPEG by libjpeg-turbo, without their types: what they jump out of ends here, in a code and a line.

#ifndef CUSP_IMAGES_H
#define CUSP_IMAGES_H

#include <stddef.h>
#include <stdint.h>

// What a file says of its image before anything is decoded.
typedef struct {
  uint32_t width, height;
  // 1 for grey, with alpha or without; 3 for colours of all kinds.
  int channels;
} cusp_image_header;

// The longest line about a failure, its zero included.
enum { CUSP_IMAGE_MESSAGE = 200 };

// The most pixels that an image may have: with all that the libraries keep, less than 1 GiB.
enum { CUSP_IMAGE_PIXELS = 1 << 26 };

// Reads what the file `bytes` says of its image. Returns 0, or 1 with a line in `message`.
int cusp_png_header(const uint8_t *bytes, size_t count, cusp_image_header *header, char *message);
int cusp_jpeg_header(const uint8_t *bytes, size_t count, cusp_image_header *header, char *message);

// Decodes the file `bytes` to `pixels`, height x width x channels by its header, as Pillow's `convert("RGB")` does: alpha is
// left out, the high byte of 16 stays, but 16-bit grey is cut at 255. Returns 0, or 1 with a line in `message`.
int cusp_png_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, char *message);
int cusp_jpeg_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, char *message);

// Encodes `pixels`, height x width x channels of 1 or 3, as an 8-bit PNG in memory that `cusp_png_free` gives back. The same
// pixels give the same bytes. Returns 0, or 1 with a line in `message`.
int cusp_png_encode(
    const uint8_t *pixels, cusp_image_header header, uint8_t **bytes, size_t *count, char *message);
void cusp_png_free(uint8_t *bytes);

// Encodes `pixels`, height x width x channels of 1 or 3, as a JPEG of `quality` 1 to 100 in memory that `cusp_jpeg_free` gives
// back, colours at half the resolution. Returns 0, or 1 with a line in `message`.
int cusp_jpeg_encode(
    const uint8_t *pixels, cusp_image_header header, int quality, uint8_t **bytes, size_t *count, char *message);
void cusp_jpeg_free(uint8_t *bytes);

#endif
