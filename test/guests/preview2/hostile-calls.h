// Calls of the hostile component, each with whatever arguments it is given, and its memory.
#include "component.h"

#define DESCRIPTOR(function) IMPORT("filesystem/types", "[method]descriptor." function)

typedef struct {
  uint8_t failed;
  uint8_t error;
} result_unit;
typedef struct {
  uint8_t failed;
  union {
    int32_t handle;
    uint8_t error;
    text bytes;
  };
  uint8_t end;
} result_handle;
typedef struct {
  uint8_t failed;
  uint64_t number;
  int32_t error;
} result_count;

IMPORT("io/streams", "[method]output-stream.write-zeroes") void write_zeroes(int32_t, uint64_t, result_stream *);
IMPORT("io/streams", "[method]output-stream.splice") void splice(int32_t, int32_t, uint64_t, result_count *);
IMPORT("io/streams", "[method]input-stream.read") void stream_read(int32_t, uint64_t, result_handle *);
IMPORT("random/random", "get-random-bytes") void get_random_bytes(uint64_t, text *);
#ifdef HTTP
IMPORT("http/types", "[constructor]fields") int32_t new_fields(void);
IMPORT("http/types", "[method]fields.append")
void append_field(int32_t, const char *, size_t, const char *, size_t, result_unit *);
#endif
DESCRIPTOR("read-via-stream") void read_via_stream(int32_t, uint64_t, result_handle *);
DESCRIPTOR("write-via-stream") void write_via_stream(int32_t, uint64_t, result_handle *);
DESCRIPTOR("set-size") void set_size(int32_t, uint64_t, result_unit *);
DESCRIPTOR("read") void descriptor_read(int32_t, uint64_t, uint64_t, result_handle *);
DESCRIPTOR("write") void descriptor_write(int32_t, const char *, size_t, uint64_t, result_number *);
DESCRIPTOR("read-directory") void read_directory(int32_t, result_handle *);
DESCRIPTOR("create-directory-at") void create_directory_at(int32_t, const char *, size_t, result_unit *);
DESCRIPTOR("link-at") void link_at(int32_t, int32_t, const char *, size_t, int32_t, const char *, size_t, result_unit *);
DESCRIPTOR("open-at")
void open_at(int32_t, int32_t path_flags, const char *, size_t, int32_t open_flags, int32_t flags, result_handle *);
DESCRIPTOR("readlink-at") void readlink_at(int32_t, const char *, size_t, result_handle *);
DESCRIPTOR("remove-directory-at") void remove_directory_at(int32_t, const char *, size_t, result_unit *);
DESCRIPTOR("rename-at") void rename_at(int32_t, const char *, size_t, int32_t, const char *, size_t, result_unit *);
DESCRIPTOR("symlink-at") void symlink_at(int32_t, const char *, size_t, const char *, size_t, result_unit *);
DESCRIPTOR("unlink-file-at") void unlink_file_at(int32_t, const char *, size_t, result_unit *);
DESCRIPTOR("is-same-object") int32_t is_same_object(int32_t, int32_t);
IMPORT("io/streams", "[resource-drop]input-stream") void drop_input(int32_t);

enum { create = 1, directory = 2, exclusive = 4, truncate = 8, reading = 1, writing = 2 };

static enum { honest, outside, reentrant } lending;

static char *take(size_t size, size_t align) {
  extern char __heap_base;
  static size_t taken;
  size_t start = ((taken == 0 ? (size_t)&__heap_base : taken) + align - 1) & ~(align - 1);
  size_t available = (size_t)__builtin_wasm_memory_size(0) << 16;
  if (start + size > available &&
      __builtin_wasm_memory_grow(0, ((start + size - available) >> 16) + 1) == (size_t)-1)
    __builtin_trap();
  taken = start + size;
  return (char *)start;
}

// What the host asks for is taken from a ring and forgotten, so that floods do not fill the guest's own memory.
EXPORT("cabi_realloc") void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  static char ring[1 << 18];
  static size_t next;
  result_unit made;
  (void)old;
  (void)old_size;
  if (lending == outside) return (void *)0xfffffff0u;
  if (lending == reentrant) {
    lending = honest;
    create_directory_at(root, "reentered", 9, &made);
    drop_descriptor(root);
  }
  if (size > sizeof ring / 2) return take(size, align);
  next = (next + align - 1) & ~(align - 1);
  if (next + size > sizeof ring) next = 0;
  next += size;
  return ring + next - size;
}

static size_t digits_of(uint64_t number, char *at) {
  char digits[20];
  size_t first = sizeof digits;
  do digits[--first] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  for (size_t i = first; i < sizeof digits; i++) at[i - first] = digits[i];
  return sizeof digits - first;
}

static void print(const char *label, uint64_t number) {
  char line[80];
  size_t length = length_of(label);
  for (size_t i = 0; i < length; i++) line[i] = label[i];
  line[length] = ':';
  line[length + 1] = ' ';
  length += 2 + digits_of(number, line + length + 2);
  line[length] = '\n';
  print_bytes(line, length + 1);
}

static uint64_t code(uint8_t failed, uint8_t error) { return failed ? error : 1000; }

static result_handle open_in(int32_t base, const char *path, size_t length, int32_t open_flags, int32_t flags) {
  result_handle opened;
  open_at(base, 0, path, length, open_flags, flags, &opened);
  return opened;
}

static int32_t file(const char *path) {
  return open_in(root, path, length_of(path), create, reading | writing).handle;
}

static uint64_t mkdir_in(int32_t base, const char *path, size_t length) {
  result_unit made;
  create_directory_at(base, path, length, &made);
  return code(made.failed, made.error);
}

static uint64_t rename_in(int32_t base, const char *from, int32_t new_base, const char *to) {
  result_unit done;
  rename_at(base, from, length_of(from), new_base, to, length_of(to), &done);
  return code(done.failed, done.error);
}

static uint64_t symlink_in(int32_t base, const char *target, const char *path) {
  result_unit made;
  symlink_at(base, target, length_of(target), path, length_of(path), &made);
  return code(made.failed, made.error);
}

static uint64_t unlink_in(int32_t base, const char *path, size_t length) {
  result_unit done;
  unlink_file_at(base, path, length, &done);
  return code(done.failed, done.error);
}

static uint64_t write_in(int32_t to, size_t length, uint64_t offset) {
  static char bytes[65536];
  result_number written;
  descriptor_write(to, bytes, length, offset, &written);
  return code(written.failed, written.error);
}

static size_t numbered(const char *prefix, uint64_t number, char *at) {
  size_t length = length_of(prefix);
  for (size_t i = 0; i < length; i++) at[i] = prefix[i];
  return length + digits_of(number, at + length);
}

static void ends(uint64_t count, uint64_t last) {
  print("done", count);
  print("last", last);
}
