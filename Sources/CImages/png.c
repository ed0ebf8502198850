#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "images.h"

static void keep_message(png_structp png, png_const_charp text) {
  char *message = png_get_error_ptr(png);
  strncpy(message, text, CUSP_IMAGE_MESSAGE - 1);
  message[CUSP_IMAGE_MESSAGE - 1] = 0;
  png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

// MARK: - Reading

typedef struct {
  const uint8_t *bytes;
  size_t count;
} source;

static void read_source(png_structp png, png_bytep destination, size_t count) {
  source *rest = png_get_io_ptr(png);
  if (count > rest->count) png_error(png, "ends in the midst of data: it is truncated");
  memcpy(destination, rest->bytes, count);
  rest->bytes += count;
  rest->count -= count;
}

// Everything of one file that is read, in one place that a jump leaves as it is.
typedef struct {
  png_structp png;
  png_infop info;
  source rest;
  uint8_t *rows;
} reading;

static void end_reading(reading *file) {
  png_destroy_read_struct(&file->png, &file->info, NULL);
  free(file->rows);
}

static int begin_reading(reading *file, const uint8_t *bytes, size_t count, char *message) {
  memset(file, 0, sizeof *file);
  message[0] = 0;
  file->rest = (source){bytes, count};
  file->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, keep_message, ignore_warning);
  if (file->png) file->info = png_create_info_struct(file->png);
  if (file->info) return 0;
  strcpy(message, "libpng has no memory, or is another version than its headers");
  end_reading(file);
  return 1;
}

// Reads up to the pixels and refuses more of them than are decoded; nothing but what decides pixels is looked at.
static void read_header(reading *file) {
  png_set_read_fn(file->png, &file->rest, read_source);
  png_set_keep_unknown_chunks(file->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_user_limits(file->png, 0x7fffffff, 0x7fffffff);
  png_read_info(file->png, file->info);
  uint64_t width = png_get_image_width(file->png, file->info), height = png_get_image_height(file->png, file->info);
  if (width * height > CUSP_IMAGE_PIXELS) png_error(file->png, "says more than 67108864 pixels, which are not decoded");
}

int cusp_png_header(const uint8_t *bytes, size_t count, cusp_image_header *header, char *message) {
  reading file;
  if (begin_reading(&file, bytes, count, message)) return 1;
  if (setjmp(png_jmpbuf(file.png))) {
    end_reading(&file);
    return 1;
  }
  read_header(&file);
  header->width = png_get_image_width(file.png, file.info);
  header->height = png_get_image_height(file.png, file.info);
  header->channels = png_get_color_type(file.png, file.info) & PNG_COLOR_MASK_COLOR ? 3 : 1;
  end_reading(&file);
  return 0;
}

// Turns `count` pixels of a row, as the transformations leave them, to colours or grey.
static void take_row(reading *file, int kind, int channels, int is_wide, const uint8_t *from, uint8_t *to, size_t count) {
  if (kind == PNG_COLOR_TYPE_PALETTE) {
    png_colorp palette = NULL;
    int colours = 0;
    png_get_PLTE(file->png, file->info, &palette, &colours);
    for (size_t x = 0; x < count; x++) {
      if (from[x] >= colours) png_error(file->png, "a pixel is no colour of the palette");
      png_color colour = palette[from[x]];
      to[3 * x] = colour.red, to[3 * x + 1] = colour.green, to[3 * x + 2] = colour.blue;
    }
  } else if (is_wide) {
    for (size_t x = 0; x < count; x++) to[x] = from[2 * x] ? 255 : from[2 * x + 1];
  } else {
    int wanted = kind & PNG_COLOR_MASK_COLOR ? 3 : 1;
    for (size_t x = 0; x < count; x++) memcpy(to + wanted * x, from + channels * x, wanted);
  }
}

int cusp_png_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, char *message) {
  reading file;
  if (begin_reading(&file, bytes, count, message)) return 1;
  if (setjmp(png_jmpbuf(file.png))) {
    end_reading(&file);
    return 1;
  }
  read_header(&file);
  size_t width = png_get_image_width(file.png, file.info), height = png_get_image_height(file.png, file.info);
  int kind = png_get_color_type(file.png, file.info);
  int is_wide = kind == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(file.png, file.info) == 16;
  if (!is_wide) png_set_strip_16(file.png);
  if (kind == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(file.png);
  png_set_packing(file.png);
  int passes = png_set_interlace_handling(file.png);
  png_read_update_info(file.png, file.info);
  int channels = png_get_channels(file.png, file.info);
  size_t stride = png_get_rowbytes(file.png, file.info), wanted = kind & PNG_COLOR_MASK_COLOR ? 3 : 1;
  // An interlaced image is whole only after its last pass.
  size_t kept = passes > 1 ? height : 1;
  file.rows = malloc(kept * stride);
  if (!file.rows) png_error(file.png, "there is no memory for its pixels");
  for (int pass = 0; pass < passes; pass++) {
    for (size_t y = 0; y < height; y++) {
      uint8_t *row = file.rows + (kept > 1 ? y * stride : 0);
      png_read_row(file.png, row, NULL);
      if (pass + 1 == passes) take_row(&file, kind, channels, is_wide, row, pixels + y * width * wanted, width);
    }
  }
  // Checksums come last.
  png_read_end(file.png, NULL);
  end_reading(&file);
  return 0;
}

// MARK: - Writing

typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
} sink;

static void write_sink(png_structp png, png_bytep source, size_t count) {
  sink *all = png_get_io_ptr(png);
  if (count > all->capacity - all->count) {
    size_t capacity = 2 * all->capacity + count;
    uint8_t *bytes = realloc(all->bytes, capacity);
    if (!bytes) png_error(png, "there is no memory for the file");
    all->bytes = bytes;
    all->capacity = capacity;
  }
  memcpy(all->bytes + all->count, source, count);
  all->count += count;
}

static void flush_sink(png_structp png) { (void)png; }

int cusp_png_encode(
    const uint8_t *pixels, cusp_image_header header, uint8_t **bytes, size_t *count, char *message) {
  struct {
    png_structp png;
    png_infop info;
    sink all;
  } file = {0};
  message[0] = 0;
  file.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, keep_message, ignore_warning);
  if (file.png) file.info = png_create_info_struct(file.png);
  if (!file.info || setjmp(png_jmpbuf(file.png))) {
    if (!message[0]) strcpy(message, "libpng has no memory, or is another version than its headers");
    png_destroy_write_struct(&file.png, &file.info);
    free(file.all.bytes);
    return 1;
  }
  png_set_write_fn(file.png, &file.all, write_sink, flush_sink);
  png_set_IHDR(
      file.png, file.info, header.width, header.height, 8, header.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
      PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  // Nothing is left to the library's choice.
  png_set_compression_level(file.png, 6);
  png_set_filter(file.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_PAETH);
  png_write_info(file.png, file.info);
  size_t stride = (size_t)header.width * header.channels;
  for (size_t y = 0; y < header.height; y++) png_write_row(file.png, pixels + y * stride);
  png_write_end(file.png, file.info);
  png_destroy_write_struct(&file.png, &file.info);
  *bytes = file.all.bytes;
  *count = file.all.count;
  return 0;
}

void cusp_png_free(uint8_t *bytes) { free(bytes); }
