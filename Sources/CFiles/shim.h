// What the C library declares for GNU sources alone, which Swift's import of it is not.

#ifndef CUSP_FILES_H
#define CUSP_FILES_H

#include <stdint.h>
#include <unistd.h>

#ifdef __linux__
extern int syncfs(int descriptor);
extern int sync_file_range(int descriptor, int64_t offset, int64_t count, unsigned int flags);
#endif

// Has the system begin to write `count` bytes from `offset` of a file to the disk, and does not wait; where that is not
// known or fails, nothing is lost but time.
static inline void cusp_start_writing(int descriptor, int64_t offset, int64_t count) {
#ifdef __linux__
  (void)sync_file_range(descriptor, offset, count, 2);  // SYNC_FILE_RANGE_WRITE
#endif
}

// Brings all files to the disk that is below the open folder, or to all disks where it is not known which; 0 or -1.
static inline int cusp_write_all(int descriptor) {
#ifdef __linux__
  return syncfs(descriptor);
#else
  (void)descriptor;
  sync();
  return 0;
#endif
}

#endif
