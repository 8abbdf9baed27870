// A preview 1 program that makes the calls that its input spells, and prints a line for each: the error number, and
// after 0 what the call gave. With the argument `seek` it seeks before it reads or writes where a descriptor is. `Call` in test/fuzz/calls.ts says how calls are spelled.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  (void)align;
  return realloc(old, size);
}

enum { slots = 8, root = 3, empty = -1, most_input = 1 << 22 };
static int descriptors[slots];
static uint8_t *input;
static size_t length, at;

static uint8_t byte(void) { return at < length ? input[at++] : 0; }
static uint16_t two(void) { return (uint16_t)(byte() | byte() << 8); }
static uint32_t four(void) { return two() | (uint32_t)two() << 16; }
static __wasi_fd_t slot(void) { return (__wasi_fd_t)descriptors[byte() % slots]; }

static const char *text(char *into) {
  size_t size = byte();
  for (size_t i = 0; i < size; i++) into[i] = (char)byte();
  into[size] = 0;
  return into;
}

static uint32_t sum(const uint8_t *bytes, size_t count) {
  uint32_t hash = 0;
  for (size_t i = 0; i < count; i++) hash = hash * 31 + bytes[i];
  return hash;
}

static void open_into(void) {
  char path[256];
  __wasi_fd_t base = slot();
  int *into = &descriptors[1 + byte() % (slots - 1)];
  uint8_t flags = byte();
  text(path);
  // What wasi:filesystem takes for granted has to be asked for here: to create or truncate is to write.
  int writes = flags & (64 | 2 | 16), reads = (flags & 32) || !(flags & 64);
  __wasi_rights_t rights = (reads ? __WASI_RIGHTS_FD_READ : 0) | (writes ? __WASI_RIGHTS_FD_WRITE : 0);
  __wasi_fd_t opened;
  if (*into != empty) (void)!__wasi_fd_close((__wasi_fd_t)*into);
  *into = empty;
  int error = __wasi_path_open(base, flags & 1, path, (flags >> 1) & 15, rights, 0, 0, &opened);
  if (error == 0) *into = (int)opened;
  printf("%d\n", error);
}

static void put(void) {
  static uint8_t bytes[1 << 16];
  __wasi_fd_t fd = slot();
  uint32_t offset = four();
  size_t count = two();
  memset(bytes, byte(), count);
  __wasi_ciovec_t vector = {bytes, count};
  __wasi_size_t written = 0;
  int error = __wasi_fd_pwrite(fd, &vector, 1, offset, &written);
  error == 0 ? printf("0 %u\n", (unsigned)written) : printf("%d\n", error);
}

static void get(void) {
  static uint8_t bytes[1 << 16];
  __wasi_fd_t fd = slot();
  uint32_t offset = four();
  __wasi_iovec_t vector = {bytes, two()};
  __wasi_size_t read = 0;
  int error = __wasi_fd_pread(fd, &vector, 1, offset, &read);
  error == 0 ? printf("0 %u %u\n", (unsigned)read, (unsigned)sum(bytes, read)) : printf("%d\n", error);
}

// The adapter's streams have positions of their own, and are closed by an error, until a seek makes them anew.
static int seeks_before;
static __wasi_fd_t next_slot(void) {
  __wasi_fd_t fd = slot();
  __wasi_filesize_t now;
  if (seeks_before) (void)!__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &now);
  return fd;
}

static void put_next(void) {
  static uint8_t bytes[1 << 16];
  __wasi_fd_t fd = next_slot();
  size_t count = two();
  memset(bytes, byte(), count);
  __wasi_ciovec_t vector = {bytes, count};
  __wasi_size_t written = 0;
  int error = __wasi_fd_write(fd, &vector, 1, &written);
  error == 0 ? printf("0 %u\n", (unsigned)written) : printf("%d\n", error);
}

static void get_next(void) {
  static uint8_t bytes[1 << 16];
  __wasi_fd_t fd = next_slot();
  __wasi_iovec_t vector = {bytes, two()};
  __wasi_size_t read = 0;
  int error = __wasi_fd_read(fd, &vector, 1, &read);
  error == 0 ? printf("0 %u %u\n", (unsigned)read, (unsigned)sum(bytes, read)) : printf("%d\n", error);
}

static void seek(void) {
  __wasi_fd_t fd = slot();
  __wasi_whence_t whence = byte() & 3;
  __wasi_filesize_t now = 0;
  int error = __wasi_fd_seek(fd, (int32_t)four(), whence, &now);
  error == 0 ? printf("0 %llu\n", (unsigned long long)now) : printf("%d\n", error);
}

static void print_stat(int error, const __wasi_filestat_t *stat) {
  if (error == 0) printf("0 %d %d %llu\n", stat->filetype, (int)stat->nlink, (unsigned long long)stat->size);
  else printf("%d\n", error);
}

static void list(void) {
  static uint8_t entries[1 << 16];
  __wasi_size_t used;
  int error = __wasi_fd_readdir(slot(), entries, sizeof entries, 0, &used);
  printf("%d", error);
  for (size_t i = 0; error == 0 && i + sizeof(__wasi_dirent_t) <= used;) {
    __wasi_dirent_t entry;
    memcpy(&entry, entries + i, sizeof entry);
    i += sizeof entry;
    const char *name = (const char *)entries + i;
    i += entry.d_namlen;
    if (name[0] != '.') printf(" %d:%.*s", entry.d_type, (int)entry.d_namlen, name);
  }
  printf("\n");
}

static void call(void) {
  char path[256], other[256], target[256] = "";
  __wasi_fd_t base, second;
  __wasi_filestat_t stat;
  __wasi_size_t used = 0;
  int error;
  switch (byte() % 16) {
    case 0: return open_into();
    case 1: return put();
    case 2: return get();
    case 3: base = slot(); printf("%d\n", __wasi_fd_filestat_set_size(base, four())); return;
    case 4: base = slot(); printf("%d\n", __wasi_path_create_directory(base, text(path))); return;
    case 5: base = slot(); printf("%d\n", __wasi_path_remove_directory(base, text(path))); return;
    case 6: base = slot(); printf("%d\n", __wasi_path_unlink_file(base, text(path))); return;
    case 7:
      base = slot(), text(path), second = slot(), text(other);
      printf("%d\n", __wasi_path_rename(base, path, second, other));
      return;
    case 8:
      base = slot(), text(path), second = slot(), text(other);
      printf("%d\n", __wasi_path_link(base, 0, path, second, other));
      return;
    case 9:
      base = slot(), text(path), text(other);
      printf("%d\n", __wasi_path_symlink(other, base, path));
      return;
    case 10:
      base = slot();
      error = __wasi_path_readlink(base, text(path), (uint8_t *)target, sizeof target - 1, &used);
      error == 0 ? printf("0 %.*s\n", (int)used, target) : printf("%d\n", error);
      return;
    case 11:
      base = slot(), error = byte();
      error = __wasi_path_filestat_get(base, error & 1, text(path), &stat);
      return print_stat(error, &stat);
    case 12: return list();
    case 13: return seek();
    case 14: return put_next();
    case 15: return get_next();
  }
}

int main(int count, char **arguments) {
  seeks_before = count > 1 && strcmp(arguments[1], "seek") == 0;
  input = malloc(most_input);
  for (ssize_t read_now; length < most_input && (read_now = read(0, input + length, most_input - length)) > 0;)
    length += (size_t)read_now;
  for (int i = 0; i < slots; i++) descriptors[i] = empty;
  descriptors[0] = root;
  while (at < length) call();
  return 0;
}
