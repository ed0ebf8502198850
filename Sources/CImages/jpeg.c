#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// After what it needs of `stdio.h`.
#include <jerror.h>
#include <jpeglib.h>

#include "images.h"

// The most pixels times scans of a progressive image; those of photographs are a dozen.
static const uint64_t MOST_WORK = UINT64_C(1) << 30;
static const int USUAL_SCANS = 16;

// Everything of one file that is read; the library hands its parts back.
typedef struct {
  struct jpeg_decompress_struct image;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf end;
  char *message;
  uint8_t *row;
} reading;

static void fail(reading *file, const char *text) {
  strncpy(file->message, text, CUSP_IMAGE_MESSAGE - 1);
  file->message[CUSP_IMAGE_MESSAGE - 1] = 0;
  longjmp(file->end, 1);
}

static void end_by_error(j_common_ptr image) {
  char text[JMSG_LENGTH_MAX];
  image->err->format_message(image, text);
  fail(image->client_data, text);
}

// Says nothing; what ends too early is an error, other damage is as Pillow has it.
static void take_message(j_common_ptr image, int level) {
  if (level < 0 && image->err->msg_code == JWRN_JPEG_EOF) {
    fail(image->client_data, "ends in the midst of data: it is truncated");
  }
}

static void print_nothing(j_common_ptr image) { (void)image; }

static void limit_scans(j_common_ptr common) {
  struct jpeg_decompress_struct *image = (j_decompress_ptr)common;
  int scans = image->input_scan_number;
  if (scans > USUAL_SCANS && (uint64_t)scans * image->image_width * image->image_height > MOST_WORK) {
    fail(image->client_data, "has more scans than an image of its size needs");
  }
}

static void begin_reading(reading *file, char *message) {
  memset(file, 0, sizeof *file);
  message[0] = 0;
  file->message = message;
  file->image.err = jpeg_std_error(&file->errors);
  file->errors.error_exit = end_by_error;
  file->errors.emit_message = take_message;
  file->errors.output_message = print_nothing;
  file->image.client_data = file;
  file->progress.progress_monitor = limit_scans;
}

static void end_reading(reading *file) {
  jpeg_destroy_decompress(&file->image);
  free(file->row);
}

// Reads up to the pixels and refuses more of them than are decoded.
static void read_header(reading *file, const uint8_t *bytes, size_t count) {
  jpeg_create_decompress(&file->image);
  file->image.progress = &file->progress;
  jpeg_mem_src(&file->image, bytes, count);
  jpeg_read_header(&file->image, TRUE);
  if ((uint64_t)file->image.image_width * file->image.image_height > CUSP_IMAGE_PIXELS) {
    fail(file, "says more than 67108864 pixels, which are not decoded");
  }
  int channels = file->image.num_components;
  if (channels != 1 && channels != 3 && channels != 4) fail(file, "has neither 1, 3 nor 4 components");
}

int cusp_jpeg_header(const uint8_t *bytes, size_t count, cusp_image_header *header, char *message) {
  reading file;
  begin_reading(&file, message);
  if (setjmp(file.end)) {
    end_reading(&file);
    return 1;
  }
  read_header(&file, bytes, count);
  header->width = file.image.image_width;
  header->height = file.image.image_height;
  header->channels = file.image.num_components == 1 ? 1 : 3;
  end_reading(&file);
  return 0;
}

// A product of two bytes over 255, rounded as Pillow rounds it.
static int share(int a, int b) {
  int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// Colours of printing inks, which files hold inverted, as Pillow turns them to light.
static void take_inks(const uint8_t *inks, uint8_t *pixels, size_t count) {
  for (size_t x = 0; x < count; x++) {
    int light = inks[4 * x + 3];
    for (int channel = 0; channel < 3; channel++) {
      int value = light - share(255 - inks[4 * x + channel], light);
      pixels[3 * x + channel] = value < 0 ? 0 : value;
    }
  }
}

int cusp_jpeg_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, char *message) {
  reading file;
  begin_reading(&file, message);
  if (setjmp(file.end)) {
    end_reading(&file);
    return 1;
  }
  read_header(&file, bytes, count);
  int components = file.image.num_components;
  file.image.out_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_start_decompress(&file.image);
  size_t width = file.image.output_width, wanted = components == 1 ? 1 : 3;
  if (components == 4) {
    file.row = malloc(4 * width);
    if (!file.row) fail(&file, "there is no memory for its pixels");
  }
  while (file.image.output_scanline < file.image.output_height) {
    uint8_t *to = pixels + file.image.output_scanline * width * wanted;
    JSAMPROW row = components == 4 ? file.row : to;
    jpeg_read_scanlines(&file.image, &row, 1);
    if (components == 4) take_inks(file.row, to, width);
  }
  end_reading(&file);
  return 0;
}
