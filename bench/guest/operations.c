/* Does each kind of file operation many times and prints "PASS NAME NANOSECONDS" for one of them, a line a kind; all of it
 * twice: the first pass is that of a program which has just begun. The same program runs on every filesystem that is
 * compared. Arguments: how many times, and how many MiB in one file. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../measure/measure.h"

static char block[4096];
static char chunk[65536];

/* Which pass it is, and the directory that it works in. */
static const char *pass;

static const char *in_pass(char *path, const char *file) {
  sprintf(path, "%s/%s", pass, file);
  return path;
}

static void name(char *path, const char *prefix, int index) {
  sprintf(path, "%s/%s%06d", pass, prefix, index);
}

static void report(const char *what, double start, int times) {
  printf("%s %s %.0f\n", pass, what, (now() - start) / times);
}

static void do_all(int times, int large) {
  char path[64], other[64];
  struct stat status;
  double start;
  int fd;

  must(mkdir(pass, 0777) == 0, "mkdir");

  start = now();
  for (int index = 0; index < times; index++) {
    name(path, "file", index);
    fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0666);
    must(fd >= 0, "create");
    close(fd);
  }
  report("create", start, times);

  fd = open(in_pass(path, "log"), O_CREAT | O_WRONLY | O_APPEND, 0666);
  must(fd >= 0, "open log");
  start = now();
  for (int index = 0; index < times; index++) must(write(fd, block, 64) == 64, "append");
  report("append-64", start, times);
  close(fd);

  fd = open(in_pass(path, "blocks"), O_CREAT | O_RDWR, 0666);
  must(fd >= 0, "open blocks");
  start = now();
  for (int index = 0; index < times; index++) must(write(fd, block, 4096) == 4096, "write");
  report("write-4096", start, times);

  start = now();
  for (int index = 0; index < times; index++) {
    off_t at = (off_t)((unsigned)index * 2654435761u % (unsigned)times) * 4096;
    must(pwrite(fd, block, 4096, at) == 4096, "overwrite");
  }
  report("overwrite-4096", start, times);

  must(lseek(fd, 0, SEEK_SET) == 0, "seek");
  start = now();
  for (int index = 0; index < times; index++) must(read(fd, block, 4096) == 4096, "read");
  report("read-4096", start, times);

  start = now();
  for (int index = 0; index < times; index++) {
    off_t at = (off_t)((unsigned)index * 2654435761u % (unsigned)times) * 4096;
    must(pread(fd, block, 4096, at) == 4096, "pread");
  }
  report("pread-4096", start, times);
  close(fd);

  start = now();
  for (int index = 0; index < times; index++) {
    name(path, "file", index);
    must(stat(path, &status) == 0, "stat");
  }
  report("stat", start, times);

  start = now();
  for (int index = 0; index < times; index++) {
    name(path, "missing", index);
    must(stat(path, &status) != 0, "stat missing");
  }
  report("stat-missing", start, times);

  start = now();
  for (int index = 0; index < times; index++) {
    name(path, "file", index);
    fd = open(path, O_RDONLY);
    must(fd >= 0, "open");
    close(fd);
  }
  report("open", start, times);

  start = now();
  for (int index = 0; index < times; index++) {
    name(path, "file", index);
    name(other, "moved", index);
    must(rename(path, other) == 0, "rename");
  }
  report("rename", start, times);

  fd = open(in_pass(path, "large"), O_CREAT | O_WRONLY, 0666);
  must(fd >= 0, "open large");
  start = now();
  for (int index = 0; index < large * 16; index++) must(write(fd, chunk, sizeof chunk) == sizeof chunk, "large");
  report("large-MiB", start, large);
  close(fd);
}

static void delete_all(int times) {
  char path[64];
  double start = now();
  for (int index = 0; index < times; index++) {
    name(path, "moved", index);
    must(unlink(path) == 0, "unlink");
  }
  report("unlink", start, times);
}

int main(int argc, char **argv) {
  int times = argc > 1 ? atoi(argv[1]) : 2000;
  int large = argc > 2 ? atoi(argv[2]) : 32;

  memset(block, 'b', sizeof block);
  for (size_t index = 0; index < sizeof chunk; index++) chunk[index] = (char)(index * 2654435761u >> 13);
  static const char *const passes[] = {"first", "second"};
  for (int index = 0; index < 2; index++) {
    pass = passes[index];
    do_all(times, large);
  }
  /* Last: some disks make new files pay for those that were deleted shortly before. */
  for (int index = 0; index < 2; index++) {
    pass = passes[index];
    delete_all(times);
  }
  return 0;
}

/* For preview2-shim's filesystem this becomes a component: the adapter that does it keeps its state where a libc of 2022
 * would not look for it, unless memory comes from here. */
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  (void)align;
  return realloc(old, size);
}
