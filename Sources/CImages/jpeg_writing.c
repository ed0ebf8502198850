#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// After what it needs of `stdio.h`.
#include <jpeglib.h>

#include "images.h"

// Everything of one file that is written.
typedef struct {
  struct jpeg_compress_struct image;
  struct jpeg_error_mgr errors;
  jmp_buf end;
  char *message;
  unsigned char *bytes;
  unsigned long count;
} writing;

static void end_by_error(j_common_ptr image) {
  writing *file = image->client_data;
  char text[JMSG_LENGTH_MAX];
  image->err->format_message(image, text);
  strncpy(file->message, text, CUSP_IMAGE_MESSAGE - 1);
  file->message[CUSP_IMAGE_MESSAGE - 1] = 0;
  longjmp(file->end, 1);
}

static void print_nothing(j_common_ptr image) { (void)image; }

int cusp_jpeg_encode(
    const uint8_t *pixels, cusp_image_header header, int quality, uint8_t **bytes, size_t *count, char *message) {
  writing *file = calloc(1, sizeof *file);
  message[0] = 0;
  if (file == NULL) {
    strcpy(message, "no memory");
    return 1;
  }
  file->message = message;
  file->image.err = jpeg_std_error(&file->errors);
  file->errors.error_exit = end_by_error;
  file->errors.output_message = print_nothing;
  file->image.client_data = file;
  if (setjmp(file->end) != 0) {
    jpeg_destroy_compress(&file->image);
    free(file->bytes);
    free(file);
    return 1;
  }
  jpeg_create_compress(&file->image);
  jpeg_mem_dest(&file->image, &file->bytes, &file->count);
  file->image.image_width = header.width;
  file->image.image_height = header.height;
  file->image.input_components = header.channels;
  file->image.in_color_space = header.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&file->image);
  jpeg_set_quality(&file->image, quality, TRUE);
  jpeg_start_compress(&file->image, TRUE);
  size_t stride = (size_t)header.width * (size_t)header.channels;
  while (file->image.next_scanline < file->image.image_height) {
    JSAMPROW row = (JSAMPROW)(pixels + file->image.next_scanline * stride);
    jpeg_write_scanlines(&file->image, &row, 1);
  }
  jpeg_finish_compress(&file->image);
  jpeg_destroy_compress(&file->image);
  *bytes = file->bytes;
  *count = file->count;
  free(file);
  return 0;
}

void cusp_jpeg_free(uint8_t *bytes) { free(bytes); }
