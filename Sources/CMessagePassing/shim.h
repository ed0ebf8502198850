// What the package asks of MPI. Communicators and types are casts of addresses in Open MPI and of integers in MPICH, so that
// Swift imports neither: they stay here.

#ifndef CUSP_MESSAGE_PASSING_H
#define CUSP_MESSAGE_PASSING_H

#include <mpi.h>
#include <stddef.h>
#include <time.h>

// Joins the job; from now on errors come back instead of ending the program. All calls return 0 or an error.
static inline int cusp_mpi_start(void) {
  int level;
  int error = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
  return error ? error : MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

static inline int cusp_mpi_rank(int *rank) { return MPI_Comm_rank(MPI_COMM_WORLD, rank); }
static inline int cusp_mpi_count(int *count) { return MPI_Comm_size(MPI_COMM_WORLD, count); }

// How many of the ranks are on this machine.
static inline int cusp_mpi_count_here(int *count) {
  MPI_Comm machine;
  int error = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  if (error) return error;
  error = MPI_Comm_size(machine, count);
  MPI_Comm_free(&machine);
  return error;
}

static inline double cusp_mpi_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

// Sends `size` bytes to `partner` and receives as many. A short message may have to wait for a rank that is still at work:
// libraries would look for it without a pause, on a core that others could use, so after a moment this sleeps between two
// looks, for a sixteenth of the time waited. Long ones go through while both ranks look.
static inline int cusp_mpi_exchange(const void *sent, void *received, int size, int partner) {
  MPI_Request requests[2];
  int error = MPI_Irecv(received, size, MPI_BYTE, partner, 0, MPI_COMM_WORLD, &requests[0]);
  if (error) return error;
  error = MPI_Isend(sent, size, MPI_BYTE, partner, 0, MPI_COMM_WORLD, &requests[1]);
  if (error) return error;
  if (size > 65536) return MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  double start = cusp_mpi_seconds();
  for (;;) {
    int done = 0;
    error = MPI_Testall(2, requests, &done, MPI_STATUSES_IGNORE);
    if (error || done) return error;
    double waited = cusp_mpi_seconds() - start;
    if (waited < 2e-4) continue;
    double pause = waited < 0.16 ? waited / 16 : 0.01;
    struct timespec rest = {0, (long)(1e9 * pause)};
    nanosleep(&rest, NULL);
  }
}

// Replaces `values` by their sums over all ranks, in whatever order the library likes.
static inline int cusp_mpi_sum(float *values, int count) {
  return MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
}

// Leaves the job.
static inline int cusp_mpi_leave(void) { return MPI_Finalize(); }

// Ends the job, all ranks of it, with `status`.
static inline void cusp_mpi_abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

// Writes what `error` means, at most `cusp_mpi_text_size` characters.
enum { cusp_mpi_text_size = MPI_MAX_ERROR_STRING };
static inline void cusp_mpi_describe(int error, char *text) {
  int length;
  if (MPI_Error_string(error, text, &length)) text[0] = 0;
}

#endif
