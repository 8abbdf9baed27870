/* Makes random calls of a few kinds on a few names in the working directory, and prints each with what came of it; at the
 * end all that there is. On every filesystem the same seed prints the same. Arguments: seed, number of calls. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned long long state;
static int slots[6];
static char buffer[32768];

static unsigned pick(unsigned below) {
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return (unsigned)(state >> 33) % below;
}

static void told(const char *call, const char *path, const char *other, long result) {
  const char *why = result < 0 ? strerrorname_np(errno) : "";
  printf("%s %s %s = %ld %s\n", call, path, other, result, why);
}

static const char *some_folder(void) {
  static const char *const folders[] = {"d", "e", "d/f", "e/d", "d/e", "link/d/e"};
  return folders[pick(6)];
}

static const char *some_path(void) {
  static char paths[4][64];
  static int turn;
  static const char *const folders[] = {"", "", "d/", "e/", "d/f/", "link/"};
  static const char *const names[] = {"a", "b", "c", "a", "b", "c", "d", "e", "f", "link", "."};
  char *path = paths[turn++ % 4];
  sprintf(path, "%s%s", folders[pick(6)], names[pick(pick(3) == 0 ? 11 : 6)]);
  return path;
}

static unsigned sum(const char *bytes, long length) {
  unsigned value = 2166136261u;
  for (long index = 0; index < length; index++) value = (value ^ (unsigned char)bytes[index]) * 16777619u;
  return value;
}

static void fill(long length) {
  unsigned first = pick(256);
  for (long index = 0; index < length; index++) buffer[index] = (char)(first + index * 7);
}

static void describe(const char *path) {
  struct stat status;
  if (lstat(path, &status) != 0) return told("lstat", path, "", -1);
  long size = S_ISDIR(status.st_mode) ? 0 : (long)status.st_size;
  printf("lstat %s %o links %d size %ld", path, status.st_mode, (int)status.st_nlink, size);
  if (status.st_mtim.tv_sec < 1000000000) printf(" at %ld.%ld", status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  printf("\n");
}

static int by_name(const struct dirent **one, const struct dirent **other) {
  return strcmp((*one)->d_name, (*other)->d_name);
}

static void list(const char *path) {
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, by_name);
  told("list", path, "", count);
  for (int index = 0; index < count; index++) {
    printf(" %s:%d", entries[index]->d_name, entries[index]->d_type);
    free(entries[index]);
  }
  if (count < 0) return;
  printf("\n");
  free(entries);
}

static void open_one(void) {
  static const int extra[] = {0, O_CREAT, O_CREAT, O_CREAT, O_CREAT, O_CREAT, O_CREAT | O_EXCL, O_TRUNC, O_CREAT | O_TRUNC, O_APPEND | O_CREAT, O_DIRECTORY, O_NOFOLLOW};
  const char *path = some_path();
  int *slot = &slots[pick(6)];
  int flags = (pick(4) > 0 ? O_RDWR : (int)pick(2)) | extra[pick(12)];
  int opened = open(path, flags, 0600 | pick(0200));
  printf("flags %o ", flags);
  told("open", path, "", opened < 0 ? -1 : 0);
  if (opened < 0) return;
  if (*slot >= 0) close(*slot);
  *slot = opened;
}

static void on_slot(void) {
  static const int modes[] = {0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE};
  int slot = slots[pick(6)];
  long offset = pick(100000), length = pick(sizeof buffer), result;
  struct stat status;
  switch (pick(9)) {
    case 0:
    case 1:
      fill(length);
      return told("pwrite", "", "", pwrite(slot, buffer, length, offset));
    case 2:
      fill(length);
      return told("write", "", "", write(slot, buffer, length));
    case 3:
      result = pread(slot, buffer, length, offset);
      printf("%u ", sum(buffer, result));
      return told("pread", "", "", result);
    case 4:
      result = read(slot, buffer, length);
      printf("%u ", sum(buffer, result));
      return told("read", "", "", result);
    case 5:
      return told("ftruncate", "", "", ftruncate(slot, offset));
    case 6:
      return told("fallocate", "", "", fallocate(slot, modes[pick(5)], offset, length));
    case 7: {
      char *map = MAP_FAILED;
      if (fstat(slot, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, slot, 0);
      if (map == MAP_FAILED) return told("mmap", "", "", -1);
      map[pick(status.st_size < 4096 ? (unsigned)status.st_size : 4096)] ^= 0x55;
      told("msync", "", "", msync(map, 4096, MS_SYNC));
      munmap(map, 4096);
      return;
    }
    default: {
      off_t from = offset / 2, to = pick(100000);
      return told("copy_file_range", "", "", copy_file_range(slot, &from, slots[pick(6)], &to, 4 * length, 0));
    }
  }
}

static void on_names(void) {
  const char *path = some_path(), *other = some_path();
  struct timespec times[2] = {{1000, 1}, {pick(2000000), pick(1000000000)}};
  long result;
  switch (pick(14)) {
    case 0:
      return told("rename", path, other, rename(path, other));
    case 1:
      return told("rename if free", path, other, renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_NOREPLACE));
    case 2:
      return told("link", path, other, link(path, other));
    case 3:
      return told("symlink", path, other, symlink(path, other));
    case 4:
      result = readlink(path, buffer, sizeof buffer);
      printf("%.*s ", result < 0 ? 0 : (int)result, buffer);
      return told("readlink", path, "", result);
    case 5:
      return told("unlink", path, "", pick(2) == 0 ? unlink(path) : 0);
    case 6:
    case 7:
      path = some_folder();
      return told("mkdir", path, "", mkdir(path, 0700 | pick(0100)));
    case 8:
      return told("rmdir", path, "", rmdir(path));
    case 9:
      return told("chmod", path, "", chmod(path, 0700 | pick(0100)));
    case 10:
      return told("utimensat", path, "", utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW));
    case 11:
      return told("truncate", path, "", truncate(path, pick(50000)));
    case 12:
      return list(path);
    default:
      return describe(path);
  }
}

static void print_all(const char *folder) {
  struct dirent **entries;
  int count = scandir(folder, &entries, NULL, by_name);
  for (int index = 0; index < count; index++) {
    char path[4096];
    struct stat status;
    const char *name = entries[index]->d_name;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && lstat(path, &status) == 0) {
      describe(path);
      if (S_ISREG(status.st_mode)) {
        int file = open(path, O_RDONLY);
        for (long length; (length = read(file, buffer, sizeof buffer)) > 0;) printf(" %u", sum(buffer, length));
        close(file);
        printf("\n");
      }
      if (S_ISDIR(status.st_mode)) print_all(path);
    }
    free(entries[index]);
  }
  free(entries);
}

int main(int argc, char **argv) {
  int calls = argc > 2 ? atoi(argv[2]) : 1000;
  state = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  umask(022);
  mkdir("d", 0755);
  mkdir("e", 0755);
  mkdir("d/f", 0755);
  symlink("d", "link");
  for (int index = 0; index < 6; index++) slots[index] = -1;
  for (int index = 0; index < calls; index++) {
    unsigned kind = pick(10);
    if (kind < 2)
      open_one();
    else if (kind < 5)
      on_slot();
    else
      on_names();
  }
  print_all(".");
  return 0;
}
