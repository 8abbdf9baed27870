/* For programs that measure themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Returns nanoseconds of a clock that is never put back. */
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Ends the program with the reason in errno unless that holds. */
static void must(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}
