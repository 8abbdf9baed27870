/* Does each kind of file operation many times in the working directory, and prints "OPERATION NANOSECONDS" for one of
 * them, a line a kind. Argument: how many times. Or, with two arguments, runs a command of the shell and prints how long
 * it took: NAME COMMAND. The same program runs on every filesystem that is compared. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../measure/measure.h"

static char block[4096];

static void name(char *path, const char *prefix, int index) {
  sprintf(path, "%s%06d", prefix, index);
}

static void report(const char *what, double start, int times) {
  printf("%s %.0f\n", what, (now() - start) / times);
}

static off_t anywhere(int index, int times) {
  return (off_t)((unsigned)index * 2654435761u % (unsigned)times) * (off_t)sizeof block;
}

static void on_files(int times) {
  char path[64], other[64];
  struct stat status;
  double start = now();

  for (int index = 0; index < times; index++) {
    name(path, "file", index);
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0666);
    must(fd >= 0, "create");
    must(write(fd, block, 100) == 100, "write 100 bytes");
    close(fd);
  }
  report("create", start, times);

  start = now();
  for (int index = 0; index < times; index++) {
    name(path, "file", index);
    must(stat(path, &status) == 0, "stat");
  }
  report("stat", start, times);

  start = now();
  for (int index = 0; index < times; index++) {
    name(path, "file", index);
    name(other, "moved", index);
    must(rename(path, other) == 0, "rename");
  }
  report("rename", start, times);

  start = now();
  for (int index = 0; index < times; index++) {
    name(path, "moved", index);
    must(unlink(path) == 0, "unlink");
  }
  report("unlink", start, times);
}

static void in_file(int times) {
  int log = open("log", O_CREAT | O_WRONLY | O_APPEND, 0666);
  int blocks = open("blocks", O_CREAT | O_RDWR, 0666);
  must(log >= 0 && blocks >= 0, "open");

  double start = now();
  for (int index = 0; index < times; index++) must(write(log, block, 64) == 64, "append");
  report("append-64", start, times);

  start = now();
  for (int index = 0; index < times; index++)
    must(pwrite(blocks, block, sizeof block, anywhere(index, times)) == sizeof block, "write");
  report("write-4096", start, times);

  start = now();
  for (int index = 0; index < times; index++)
    must(pread(blocks, block, sizeof block, anywhere(index, times)) == sizeof block, "read");
  report("read-4096", start, times);
  close(log);
  close(blocks);
}

/* Each entry's type is asked for, as most programs do that look through a folder. */
static void listing(int entries) {
  char path[64];
  struct stat status;
  must(mkdir("many", 0777) == 0 && chdir("many") == 0, "mkdir");
  for (int index = 0; index < entries; index++) {
    name(path, "entry", index);
    close(open(path, O_CREAT | O_WRONLY, 0666));
  }
  double start = now();
  for (int time = 0; time < 3; time++) {
    int count = 0;
    DIR *folder = opendir(".");
    must(folder != NULL, "opendir");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL; count++)
      must(fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0, "stat of an entry");
    must(count == entries + 2, "readdir");
    closedir(folder);
  }
  report("readdir-10000", start, 3);
}

int main(int argc, char **argv) {
  if (argc == 3) {
    double start = now();
    must(system(argv[2]) == 0, argv[2]);
    report(argv[1], start, 1);
    return 0;
  }
  memset(block, 'b', sizeof block);
  int times = argc > 1 ? atoi(argv[1]) : 3000;
  on_files(times);
  in_file(times);
  listing(10000);
  return 0;
}
