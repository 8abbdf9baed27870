/* Reads files in several ways and prints "PASS NAME NANOSECONDS" for one read, a line a way; all of it twice: the first
 * pass finds nothing in the caches of whoever gives the bytes. The same program runs on every filesystem that is compared.
 * Arguments: how many reads at random of each file, and the file that is read from end to end; then the files that are read
 * at random, by their paths, which are the names of the rows. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../measure/measure.h"

static char room[1 << 20];

static off_t open_file(const char *path, int *fd) {
  struct stat status;
  *fd = open(path, O_RDONLY);
  must(*fd >= 0 && fstat(*fd, &status) == 0, path);
  return status.st_size;
}

static uint64_t state;

/* xorshift64: the same numbers on each system, others in each pass. */
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/* What is read is looked at, so that it is the file and not zeros: each page begins with its number. */
static void check(off_t at) {
  must(*(uint32_t *)room == (uint32_t)(at / 4096), "another page");
}

static void read_at_random(const char *pass, const char *path, int times) {
  int fd;
  off_t pages = open_file(path, &fd) / 4096;
  double start = now();
  for (int index = 0; index < times; index++) {
    off_t at = (off_t)(next() % (uint64_t)pages) * 4096;
    must(pread(fd, room, 4096, at) == 4096, "pread");
    check(at);
  }
  printf("%s random-%s %.0f\n", pass, path, (now() - start) / times);
  close(fd);
}

static void read_through(const char *pass, const char *path, const char *name, size_t length) {
  int fd;
  off_t size = open_file(path, &fd) / (off_t)length * (off_t)length;
  double start = now();
  for (off_t at = 0; at < size; at += (off_t)length) {
    must(read(fd, room, length) == (ssize_t)length, "read");
    check(at);
  }
  printf("%s sequential-%s %.0f\n", pass, name, (now() - start) / (double)(size / (off_t)length));
  close(fd);
}

int main(int argc, char **argv) {
  must(argc > 3, "arguments");
  int times = atoi(argv[1]);
  static const char *const passes[] = {"first", "second"};
  for (int index = 0; index < 2; index++) {
    const char *pass = passes[index];
    state = 88172645463325252u + (uint64_t)index;
    for (int file = 3; file < argc; file++) read_at_random(pass, argv[file], times);
    read_through(pass, argv[2], "1-MiB", 1 << 20);
    read_through(pass, argv[2], "64-KiB", 1 << 16);
    read_through(pass, argv[2], "4-KiB", 1 << 12);
  }
  return 0;
}
