// A preview 1 program that does what its host and the adapter that makes it a component answer differently:
// `differences.wasm CASE` prints the error number, and after 0 what the call gave.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

// The adapter takes its state page from here; without it, wasi-libc's own malloc would be given the same page.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  (void)align;
  return realloc(old, size);
}

enum { root = 3, reading = 1 << 1, writing = 1 << 6, create = 1, nobody = 99 };

// wasi/api.h wants paths that end, and does not know all functions.
#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))
IMPORT("path_create_directory") int32_t create_directory(int32_t, const uint8_t *, size_t);
IMPORT("proc_raise") int32_t proc_raise(int32_t);
IMPORT("sock_accept") int32_t sock_accept(int32_t, int32_t, __wasi_fd_t *);

static uint8_t bytes[200000];

static __wasi_fd_t opened(const char *path) {
  __wasi_fd_t fd = 0;
  if (__wasi_path_open(root, 0, path, create, reading | writing, 0, 0, &fd) != 0) exit(9);
  return fd;
}

static void told(int error, unsigned long long number) {
  error == 0 ? printf("0 %llu\n", number) : printf("%d\n", error);
}

int main(int count, char **arguments) {
  const char *which = count > 1 ? arguments[1] : "";
  __wasi_fd_t fd = opened("file");
  __wasi_ciovec_t out[2] = {{bytes, 3}, {bytes, 4}};
  __wasi_iovec_t in = {bytes, sizeof bytes};
  __wasi_size_t size = 0;
  if (strcmp(which, "writev") == 0) {
    told(__wasi_fd_write(fd, out, 2, &size), size);
  } else if (strcmp(which, "write") == 0) {
    out[0].buf_len = 10000;
    told(__wasi_fd_write(fd, out, 1, &size), size);
  } else if (strcmp(which, "read") == 0) {
    (void)!__wasi_fd_filestat_set_size(fd, sizeof bytes);
    told(__wasi_fd_read(fd, &in, 1, &size), size);
  } else if (strcmp(which, "descriptors") == 0) {
    while (__wasi_path_open(root, 0, "file", 0, reading, 0, 0, &fd) == 0) size = fd + 1;
    told(0, size);
  } else if (strcmp(which, "lowest") == 0) {
    __wasi_fd_t second = opened("second"), third = opened("third");
    (void)!__wasi_fd_close(second);
    (void)!__wasi_fd_close(third);
    told(0, opened("again") - second);
  } else if (strcmp(which, "pread-stdin") == 0) {
    told(__wasi_fd_pread(0, &in, 1, 0, &size), size);
  } else if (strcmp(which, "sync-directory") == 0) {
    told(__wasi_fd_sync(root), 0);
  } else if (strcmp(which, "times-of-directory") == 0) {
    told(__wasi_fd_filestat_set_times(root, 1, 1, __WASI_FSTFLAGS_ATIM), 0);
  } else if (strcmp(which, "no-utf8") == 0) {
    told(create_directory(root, (const uint8_t *)"a\xff", 2), 0);
  } else if (strcmp(which, "append-later") == 0) {
    __wasi_filestat_t stat;
    (void)!__wasi_fd_write(fd, out, 1, &size);
    (void)!__wasi_fd_pwrite(fd, out, 1, 10, &size);
    (void)!__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND);
    (void)!__wasi_fd_write(fd, out, 1, &size);
    told(__wasi_fd_filestat_get(fd, &stat), stat.size);
  } else if (strcmp(which, "read-after-write") == 0) {
    (void)!__wasi_fd_filestat_set_size(fd, 10);
    in.buf_len = 2;
    (void)!__wasi_fd_read(fd, &in, 1, &size);
    (void)!__wasi_fd_write(fd, out, 1, &size);
    in.buf_len = sizeof bytes;
    told(__wasi_fd_read(fd, &in, 1, &size), size);
  } else if (strcmp(which, "refused-twice") == 0) {
    (void)!__wasi_path_open(root, 0, "file", 0, writing, 0, 0, &fd);
    (void)!__wasi_fd_read(fd, &in, 1, &size);
    told(__wasi_fd_read(fd, &in, 1, &size), size);
  } else if (strcmp(which, "nothing-to-nobody") == 0) {
    told(__wasi_fd_write(nobody, out, 0, &size), size);
  } else if (strcmp(which, "rights") == 0) {
    __wasi_fdstat_t stat;
    told(__wasi_fd_fdstat_get(fd, &stat), stat.fs_rights_base);
  } else if (strcmp(which, "raise") == 0) {
    told(proc_raise(9), 0);
  } else if (strcmp(which, "accept") == 0) {
    told(sock_accept((int32_t)fd, 0, &fd), 0);
  } else if (strcmp(which, "crash") == 0) {
    __builtin_trap();
  }
  return 0;
}
