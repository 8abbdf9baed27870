// A preview 1 program that does what no honest one would: `hostile-preview1.wasm CASE [NUMBER]`. It prints how many
// times something worked and the error number that came then, or ends in a trap.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { root = 3, reading = 1 << 1, writing = 1 << 6, create = 1 };

// wasi/api.h wants texts that end; these calls are made as the host sees them.
#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))
IMPORT("path_open")
int32_t path_open(int32_t, int32_t, int32_t, int32_t, int32_t, int64_t, int64_t, int32_t, int32_t);
IMPORT("path_filestat_get") int32_t path_filestat_get(int32_t, int32_t, int32_t, int32_t, int32_t);
IMPORT("fd_write") int32_t fd_write(int32_t, int32_t, int32_t, int32_t);
IMPORT("fd_read") int32_t fd_read(int32_t, int32_t, int32_t, int32_t);
IMPORT("fd_readdir") int32_t fd_readdir(int32_t, int32_t, int32_t, int64_t, int32_t);
IMPORT("fd_renumber") int32_t fd_renumber(int32_t, int32_t);
IMPORT("poll_oneoff") int32_t poll_oneoff(int32_t, int32_t, int32_t, int32_t);
IMPORT("random_get") int32_t random_get(int32_t, int32_t);

static int32_t result;
static int32_t at(const void *pointer) { return (int32_t)(intptr_t)pointer; }
static int32_t end(void) { return (int32_t)(__builtin_wasm_memory_size(0) << 16); }

static int32_t open_at(const char *path, int32_t how, int64_t rights) {
  return path_open(root, 0, at(path), (int32_t)strlen(path), how, rights, 0, 0, at(&result));
}

static void told(const char *what, int count, int error) { printf("%s: %d\nerror: %d\n", what, count, error); }

static void pointers(int which) {
  static __wasi_ciovec_t vector;
  int32_t fd = open_at("file", create, reading | writing) == 0 ? result : -1;
  switch (which) {
    case 0: path_open(root, 0, end() - 1, 2, 0, reading, 0, 0, at(&result)); return;
    case 1: path_open(root, 0, at("x"), 1, create, writing, 0, 0, end() - 3); return;
    case 2: path_open(root, 0, at("x"), -1, create, writing, 0, 0, at(&result)); return;
    case 3: vector = (__wasi_ciovec_t){(uint8_t *)(intptr_t)(end() - 4), 5}; break;
    case 4: vector = (__wasi_ciovec_t){NULL, (size_t)-1}; break;
    case 5: fd_write(fd, end() - 7, 1, at(&result)); return;
    case 6: fd_read(fd, -8, 1, at(&result)); return;
    case 7: path_filestat_get(root, 0, at("file"), 4, end() - 63); return;
    case 8: fd_readdir(root, at(&vector), -1, 0, at(&result)); return;
    case 9: poll_oneoff(at(&vector), at(&vector), 1 << 26, at(&result)); return;
    case 10: random_get(16, -1); return;
  }
  fd_write(fd, at(&vector), 1, at(&result));
}

static void open_many(int most) {
  int done = 0, error = 0;
  while (done < most && (error = open_at("file", create, reading | writing)) == 0) done++;
  told("opened", done, error);
}

// Holds listings of one directory, each with all of its entries.
static void listings(int most) {
  char path[32], buffer[64];
  int done = 0, error = 0;
  for (int i = 0; i < 1000; i++) {
    snprintf(path, sizeof path, "entry-%d", i);
    if (open_at(path, create, writing) == 0) (void)!__wasi_fd_close((__wasi_fd_t)result);
  }
  for (; done < most && (error = open_at(".", 2, reading)) == 0; done++) {
    int32_t fd = result;
    if ((error = fd_readdir(fd, at(buffer), sizeof buffer, 0, at(&result))) != 0) break;
  }
  told("listed", done, error);
}

static void renumber(int times) {
  int error = open_at("file", create, writing);
  int32_t there = result;
  for (int i = 0; i < times && error == 0; i++) {
    error = open_at("file", 0, writing);
    if (error == 0) error = fd_renumber(result, there);
  }
  told("renumbered", times, error);
}

static void vectors(int count) {
  __wasi_ciovec_t *list = calloc((size_t)count, sizeof *list);
  told("places", count, fd_write(1, at(list), count, at(&result)));
}

static void long_path(int bytes) {
  char *path = malloc((size_t)bytes);
  memset(path, 'x', (size_t)bytes);
  told("bytes", bytes, path_open(root, 0, at(path), bytes, create, writing, 0, 0, at(&result)));
}

static void stat_forever(void) {
  static __wasi_filestat_t stat;
  for (;;) path_filestat_get(root, 0, at("none"), 4, at(&stat));
}

static volatile int depth;
__attribute__((noinline)) static int deeper(void) {
  depth++;
  return deeper() + depth;
}

int main(int count, char **arguments) {
  const char *which = count > 1 ? arguments[1] : "";
  int number = count > 2 ? atoi(arguments[2]) : 0;
  if (strcmp(which, "pointers") == 0) return pointers(number), 0;
  if (strcmp(which, "open-many") == 0) return open_many(number), 0;
  if (strcmp(which, "listings") == 0) return listings(number), 0;
  if (strcmp(which, "renumber") == 0) return renumber(number), 0;
  if (strcmp(which, "vectors") == 0) return vectors(number), 0;
  if (strcmp(which, "long-path") == 0) return long_path(number), 0;
  if (strcmp(which, "stat-forever") == 0) return stat_forever(), 0;
  if (strcmp(which, "deeper") == 0) return deeper();
  return 2;
}
