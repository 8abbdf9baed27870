/* Writes files in one of several ways and prints "PASS NAME NANOSECONDS" for one write; twice: the first
 * pass is that of a program which has just begun. The same program runs on every filesystem that is compared. Arguments:
 * the way, and MiB in a file, or how many synced writes or links. */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../measure/measure.h"

static uint32_t bytes[1 << 18];
static uint32_t state = 2463534242u;

/* xorshift32: the same numbers on each system. */
static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

/* Half of each page compresses. */
static void fill(void) {
  for (size_t at = 0; at < sizeof bytes / 4; at++) bytes[at] = at % 1024 < 512 ? next() : 0x68616c66;
}

static const char *pass;

static const char *in_pass(char *path, const char *name) {
  sprintf(path, "%s/%s", pass, name);
  return path;
}

static int open_file(const char *name) {
  char path[64];
  int fd = open(in_pass(path, name), O_CREAT | O_RDWR, 0666);
  must(fd >= 0, path);
  return fd;
}

static void report(const char *name, double start, size_t times) {
  printf("%s %s %.0f\n", pass, name, (now() - start) / (double)times);
}

/* Each write differs from the one before it. */
static void write_through(const char *name, size_t length, size_t mebibytes) {
  int fd = open_file(name);
  size_t times = (mebibytes << 20) / length;
  double start = now();
  for (size_t index = 0; index < times; index++) {
    size_t at = length == sizeof bytes ? 0 : index * length % (sizeof bytes - length);
    uint32_t *from = bytes + at / 4;
    *from = (uint32_t)index;
    must(write(fd, from, length) == (ssize_t)length, name);
  }
  report(name, start, times);
  close(fd);
}

static void write_synced(size_t times) {
  int fd = open_file("pwrite-fsync");
  must(ftruncate(fd, 1 << 20) == 0, "truncate");
  double start = now();
  for (size_t index = 0; index < times; index++) {
    off_t at = (off_t)(next() % 256) * 4096;
    must(pwrite(fd, bytes, 4096, at) == 4096 && fsync(fd) == 0, "pwrite and fsync");
  }
  report("pwrite-fsync", start, times);
  close(fd);
}

static void link_and_unlink(size_t times) {
  char path[64], other[64];
  close(open_file("name"));
  in_pass(path, "name");
  in_pass(other, "other-name");
  double start = now();
  for (size_t index = 0; index < times; index++) must(link(path, other) == 0 && unlink(other) == 0, "link and unlink");
  report("link-unlink", start, times);
}

int main(int argc, char **argv) {
  must(argc == 3, "arguments");
  const char *row = argv[1];
  size_t amount = strtoul(argv[2], 0, 10);
  static const char *const passes[] = {"first", "second"};
  fill();
  for (int index = 0; index < 2; index++) {
    pass = passes[index];
    must(mkdir(pass, 0777) == 0, "mkdir");
    if (strcmp(row, "write-4-KiB") == 0) write_through(row, 1 << 12, amount);
    if (strcmp(row, "write-64-KiB") == 0) write_through(row, 1 << 16, amount);
    if (strcmp(row, "write-1-MiB") == 0 || strcmp(row, "large-1-MiB") == 0) write_through(row, 1 << 20, amount);
    if (strcmp(row, "pwrite-fsync") == 0) write_synced(amount);
    if (strcmp(row, "link-unlink") == 0) link_and_unlink(amount);
  }
  return 0;
}
