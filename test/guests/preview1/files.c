// A preview 1 program for tests: `files.wasm CASE [ARGUMENT]...` does one thing to the files below its working
// directory and prints plain results. Every failure prints the call and the error, and exits with 1.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// The adapter takes its state page from here; without it, wasi-libc's own malloc would be given the same page.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  (void)align;
  return realloc(old, size);
}

static void fail(const char *call, const char *path) {
  printf("%s %s: errno %d (%s)\n", call, path, errno, strerror(errno));
  exit(1);
}

static int opened(const char *path, int flags) {
  int fd = open(path, flags, 0644);
  if (fd < 0) fail("open", path);
  return fd;
}

static void put(int fd, const char *text) {
  size_t length = strlen(text);
  if (write(fd, text, length) != (ssize_t)length) fail("write", text);
}

static void make(const char *path, const char *text) {
  int fd = opened(path, O_CREAT | O_TRUNC | O_WRONLY);
  put(fd, text);
  close(fd);
}

// Prints a descriptor's content from its beginning, a dot for each zero byte.
static void show(const char *label, int fd) {
  char text[257];
  ssize_t length = pread(fd, text, sizeof text - 1, 0);
  if (length < 0) fail("pread", label);
  for (ssize_t i = 0; i < length; i++)
    if (text[i] == 0) text[i] = '.';
  text[length] = 0;
  printf("%s: %s\n", label, text);
}

static void show_file(const char *path) {
  int fd = opened(path, O_RDONLY);
  show(path, fd);
  close(fd);
}

// Prints what a call came to: "ok", or the error by number and name.
static void result(const char *label, int value) {
  if (value < 0)
    printf("%s: errno %d (%s)\n", label, errno, strerror(errno));
  else
    printf("%s: ok\n", label);
}

// Many descriptors at once, closed in the order they were opened.
static int descriptors(int count) {
  int *fds = malloc(sizeof(int) * (size_t)count);
  char path[32];
  for (int i = 0; i < count; i++) {
    snprintf(path, sizeof path, "many-%d", i);
    fds[i] = opened(path, O_CREAT | O_RDWR);
    if (write(fds[i], path, strlen(path)) < 0) fail("write", path);
  }
  int right = 0;
  for (int i = 0; i < count; i++) {
    char text[32] = {0};
    snprintf(path, sizeof path, "many-%d", i);
    if (pread(fds[i], text, sizeof text, 0) < 0) fail("pread", path);
    right += strcmp(text, path) == 0;
    close(fds[i]);
  }
  printf("right: %d of %d\n", right, count);
  return 0;
}

// Two descriptors append to one file in turn.
static int append(void) {
  int first = opened("log", O_CREAT | O_WRONLY | O_APPEND);
  int second = opened("log", O_WRONLY | O_APPEND);
  for (int i = 0; i < 4; i++) {
    put(first, "a");
    put(second, "b");
  }
  put(first, "\n");
  show_file("log");
  return 0;
}

// Reads a directory of many entries while every entry read is deleted, and once more from a remembered place.
static int directory(int count) {
  char path[64];
  if (mkdir("directory", 0755) != 0) fail("mkdir", "directory");
  for (int i = 0; i < count; i++) {
    snprintf(path, sizeof path, "directory/entry-%05d", i);
    make(path, "");
  }
  DIR *listing = opendir("directory");
  if (listing == NULL) fail("opendir", "directory");
  int seen = 0, middle_seen = 0;
  long middle = 0;
  char expected[256] = "";
  struct dirent *entry;
  while ((entry = readdir(listing)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    seen++;
    if (seen == count / 2) {
      middle = telldir(listing);
      middle_seen = 1;
    } else if (middle_seen == 1) {
      snprintf(expected, sizeof expected, "%s", entry->d_name);
      middle_seen = 2;
    }
  }
  seekdir(listing, middle);
  entry = readdir(listing);
  printf("seen: %d, after seekdir the same: %s\n", seen, entry != NULL && strcmp(entry->d_name, expected) == 0 ? "yes" : "no");
  rewinddir(listing);
  int deleted = 0;
  while ((entry = readdir(listing)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "directory/%.40s", entry->d_name);
    if (unlink(path) == 0) deleted++;
  }
  closedir(listing);
  printf("deleted: %d\n", deleted);
  result("rmdir", rmdir("directory"));
  return 0;
}

static int past_end(void) {
  int fd = opened("gap", O_CREAT | O_RDWR);
  put(fd, "start");
  if (pwrite(fd, "end", 3, 10) != 3) fail("pwrite", "gap");
  show("gap", fd);
  close(fd);
  return 0;
}

// A rename replaces a file that is open, and another that is open moves along.
static int rename_open(void) {
  make("old", "old");
  make("new", "new");
  int replaced = opened("new", O_RDWR);
  int moved = opened("old", O_RDWR);
  result("rename", rename("old", "new"));
  if (pwrite(moved, "OLD!", 4, 0) != 4) fail("pwrite", "moved");
  if (pwrite(replaced, "gone", 4, 0) != 4) fail("pwrite", "replaced");
  show("replaced", replaced);
  show_file("new");
  result("old", access("old", F_OK));
  return 0;
}

static int hard_links(void) {
  make("one", "shared");
  result("link", link("one", "two"));
  struct stat one, two;
  if (stat("one", &one) != 0 || stat("two", &two) != 0) fail("stat", "one, two");
  printf("same inode: %s, links: %d\n", one.st_ino == two.st_ino ? "yes" : "no", (int)one.st_nlink);
  make("two", "changed");
  show_file("one");
  result("unlink", unlink("one"));
  show_file("two");
  result("link onto itself", link("two", "two"));
  return 0;
}

static int symlinks(void) {
  char target[64] = {0};
  make("target", "pointed at");
  result("symlink", symlink("target", "pointer"));
  if (readlink("pointer", target, sizeof target - 1) < 0) fail("readlink", "pointer");
  printf("readlink: %s\n", target);
  show_file("pointer");
  struct stat link_itself;
  if (lstat("pointer", &link_itself) != 0) fail("lstat", "pointer");
  printf("is link: %s, size: %d\n", S_ISLNK(link_itself.st_mode) ? "yes" : "no", (int)link_itself.st_size);
  result("loop", symlink("loop", "loop"));
  result("open loop", open("loop", O_RDONLY));
  result("absolute", symlink("/etc/passwd", "absolute"));
  result("outside", symlink("../../outside", "outside"));
  result("open outside", open("outside", O_RDONLY));
  return 0;
}

// A file without a name goes on: read, written, shortened, lengthened.
static int unlinked(void) {
  int fd = opened("nameless", O_CREAT | O_RDWR);
  put(fd, "here");
  result("unlink", unlink("nameless"));
  result("stat", access("nameless", F_OK));
  if (pwrite(fd, " still", 6, 4) != 6) fail("pwrite", "nameless");
  show("content", fd);
  result("ftruncate", ftruncate(fd, 2));
  result("ftruncate", ftruncate(fd, 6));
  show("content", fd);
  struct stat stat;
  if (fstat(fd, &stat) != 0) fail("fstat", "nameless");
  printf("links: %d, size: %d\n", (int)stat.st_nlink, (int)stat.st_size);
  close(fd);
  return 0;
}

static int times(void) {
  make("timed", "x");
  int fd = opened("timed", O_RDWR);
  struct timespec set[2] = {{.tv_sec = 1, .tv_nsec = 123456789}, {.tv_sec = 1700000000, .tv_nsec = 987654321}};
  result("futimens", futimens(fd, set));
  struct stat stat;
  if (fstat(fd, &stat) != 0) fail("fstat", "timed");
  printf("atime: %lld.%09ld, mtime: %lld.%09ld\n", (long long)stat.st_atim.tv_sec, stat.st_atim.tv_nsec,
         (long long)stat.st_mtim.tv_sec, stat.st_mtim.tv_nsec);
  // Debian's wasi-libc gets no further than this: it takes no UTIME_NOW, and NULL for two zeros.
  set[0].tv_nsec = UTIME_OMIT;
  set[1].tv_nsec = 1;
  result("futimens", futimens(fd, set));
  if (fstat(fd, &stat) != 0) fail("fstat", "timed");
  printf("atime: %lld.%09ld, mtime: %lld.%09ld\n", (long long)stat.st_atim.tv_sec, stat.st_atim.tv_nsec,
         (long long)stat.st_mtim.tv_sec, stat.st_mtim.tv_nsec);
  return 0;
}

static int truncate_file(void) {
  int fd = opened("cut", O_CREAT | O_RDWR);
  put(fd, "0123456789");
  result("ftruncate", ftruncate(fd, 4));
  result("ftruncate", ftruncate(fd, 8));
  show("cut", fd);
  close(fd);
  return 0;
}

// One byte, far away.
static int far(void) {
  int fd = opened("far", O_CREAT | O_RDWR);
  off_t offset = (off_t)1 << 40;
  if (pwrite(fd, "!", 1, offset) != 1) fail("pwrite", "far");
  struct stat stat;
  if (fstat(fd, &stat) != 0) fail("fstat", "far");
  char around[3] = {1, 1, 1};
  ssize_t length = pread(fd, around, 3, offset - 1);
  printf("size: %lld, read: %d (%d %d)\n", (long long)stat.st_size, (int)length, around[0], around[1]);
  close(fd);
  return 0;
}

// Writes so many MiB in order, in pieces of 64 KiB, each with its number at the front.
static int sequential(int mebibytes) {
  static char piece[65536];
  int fd = opened("big", O_CREAT | O_TRUNC | O_WRONLY);
  for (int64_t i = 0; i < (int64_t)mebibytes * 16; i++) {
    memcpy(piece, &i, sizeof i);
    for (size_t done = 0; done < sizeof piece;) {
      ssize_t length = write(fd, piece + done, sizeof piece - done);
      if (length < 0) fail("write", "big");
      done += (size_t)length;
    }
  }
  close(fd);
  printf("written: %d MiB\n", mebibytes);
  return 0;
}

// Writes a number to a file, then says so: what was said must have been kept, whatever happens next.
static int acknowledge(int count) {
  int fd = opened("numbers", O_CREAT | O_TRUNC | O_WRONLY);
  char text[16];
  for (int i = 1; count == 0 || i <= count; i++) {
    int length = snprintf(text, sizeof text, "%d\n", i);
    if (write(fd, text, (size_t)length) != length) fail("write", "numbers");
    if (write(1, text, (size_t)length) != length) return 1;
  }
  close(fd);
  return 0;
}

// As acknowledge, in lines of so many bytes, and syncs after each so many of them: what was said to be synced must be
// on disk.
static int acknowledge_synced(int count, int length, int every) {
  int fd = opened("numbers", O_CREAT | O_TRUNC | O_WRONLY);
  char *line = malloc((size_t)length + 1);
  char text[32];
  for (int i = 1; i <= count; i++) {
    snprintf(line, (size_t)length + 1, "%*d\n", length - 1, i);
    if (write(fd, line, (size_t)length) != length) fail("write", "numbers");
    int said = snprintf(text, sizeof text, "%d\n", i);
    if (write(1, text, (size_t)said) != said) return 1;
    if (i % every != 0) continue;
    if (fsync(fd) != 0) fail("fsync", "numbers");
    said = snprintf(text, sizeof text, "synced %d\n", i);
    if (write(1, text, (size_t)said) != said) return 1;
  }
  close(fd);
  return 0;
}

static int copy_input(void) {
  static char piece[4096];
  int64_t total = 0;
  ssize_t length;
  while ((length = read(0, piece, sizeof piece)) > 0) {
    total += length;
    for (ssize_t done = 0; done < length;) {
      ssize_t written = write(1, piece + done, (size_t)(length - done));
      if (written < 0) return 1;
      done += written;
    }
  }
  fprintf(stderr, "copied: %lld\n", (long long)total);
  return length < 0;
}

// Takes memory by the mebibyte until there is no more, or so many.
static int grow(int mebibytes) {
  int taken = 0;
  while (taken < mebibytes) {
    char *block = malloc(1 << 20);
    if (block == NULL) break;
    *(volatile char *)block = 1;
    taken++;
  }
  printf("taken: %d MiB\n", taken);
  return 0;
}

static int spin(void) {
  for (volatile unsigned i = 0;; i++) {
  }
}

static int sleep_long(void) {
  struct timespec long_time = {.tv_sec = 1000000, .tv_nsec = 0};
  puts("sleeping");
  fflush(stdout);
  nanosleep(&long_time, NULL);
  return 0;
}

__attribute__((noinline)) static int crash_here(volatile int *nowhere) { return *nowhere; }

static int crash(void) { return crash_here((volatile int *)0xfffffff0u); }

static int nth(int which, int count, char **arguments, int fallback) {
  return count > which ? atoi(arguments[which]) : fallback;
}

static int number(int count, char **arguments, int fallback) { return nth(2, count, arguments, fallback); }

int main(int count, char **arguments) {
  const char *which = count > 1 ? arguments[1] : "";
  if (strcmp(which, "descriptors") == 0) return descriptors(number(count, arguments, 1000));
  if (strcmp(which, "append") == 0) return append();
  if (strcmp(which, "directory") == 0) return directory(number(count, arguments, 3000));
  if (strcmp(which, "past-end") == 0) return past_end();
  if (strcmp(which, "rename-open") == 0) return rename_open();
  if (strcmp(which, "hard-links") == 0) return hard_links();
  if (strcmp(which, "symlinks") == 0) return symlinks();
  if (strcmp(which, "unlinked") == 0) return unlinked();
  if (strcmp(which, "times") == 0) return times();
  if (strcmp(which, "truncate") == 0) return truncate_file();
  if (strcmp(which, "far") == 0) return far();
  if (strcmp(which, "sequential") == 0) return sequential(number(count, arguments, 1024));
  if (strcmp(which, "acknowledge") == 0) return acknowledge(number(count, arguments, 0));
  if (strcmp(which, "acknowledge-synced") == 0)
    return acknowledge_synced(number(count, arguments, 100), nth(3, count, arguments, 64), nth(4, count, arguments, 8));
  if (strcmp(which, "cat") == 0) return copy_input();
  if (strcmp(which, "grow") == 0) return grow(number(count, arguments, 8192));
  if (strcmp(which, "spin") == 0) return spin();
  if (strcmp(which, "sleep") == 0) return sleep_long();
  if (strcmp(which, "crash") == 0) return crash();
  if (strcmp(which, "exit") == 0) return number(count, arguments, 0);
  if (strcmp(which, "hello") == 0) return puts("hello") < 0;
  if (strcmp(which, "print") == 0 && count > 2) return fputs(arguments[2], stdout) < 0;
  fprintf(stderr, "files: no case %s\n", which);
  return 2;
}
