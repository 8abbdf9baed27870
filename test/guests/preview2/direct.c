// A preview 2 component for tests that calls wasi:filesystem itself, by the canonical ABI and without any libc:
// `direct.wasm CASE`. VERSION is the version of the WASI packages that it imports; direct.wit has what it uses of them.
#include "component.h"

typedef struct {
  uint8_t failed;
  union {
    int32_t handle;
    uint8_t error;
  };
} result_handle;
typedef struct {
  uint8_t failed;
  union {
    struct {
      text bytes;
      uint8_t end;
    };
    uint8_t error;
  };
} result_read;
typedef struct {
  uint8_t failed;
  union {
    struct {
      uint64_t lower, upper;
    };
    uint8_t error;
  };
} result_hash;

IMPORT("cli/environment", "get-environment") void get_environment(texts *);
IMPORT("io/poll", "[method]pollable.block") void block(int32_t);
IMPORT("filesystem/types", "[method]descriptor.open-at")
void open_at(int32_t, int32_t path_flags, const char *, size_t, int32_t open_flags, int32_t flags, result_handle *);
IMPORT("filesystem/types", "[method]descriptor.write")
void descriptor_write(int32_t, const char *, size_t, uint64_t, result_number *);
IMPORT("filesystem/types", "[method]descriptor.read") void descriptor_read(int32_t, uint64_t, uint64_t, result_read *);
IMPORT("filesystem/types", "[method]descriptor.append-via-stream") void append_via_stream(int32_t, result_handle *);
IMPORT("filesystem/types", "[method]descriptor.metadata-hash") void metadata_hash(int32_t, result_hash *);
IMPORT("filesystem/types", "[method]descriptor.is-same-object") int32_t is_same_object(int32_t, int32_t);
IMPORT("sockets/tcp-create-socket", "create-tcp-socket") void create_tcp_socket(int32_t, result_handle *);
IMPORT("sockets/udp-create-socket", "create-udp-socket") void create_udp_socket(int32_t, result_handle *);

enum { create = 1, truncate = 8, reading = 1, writing = 2 };

// Memory is taken and never given back.
extern char __heap_base;
static size_t taken;
EXPORT("cabi_realloc") void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  size_t start = ((taken == 0 ? (size_t)&__heap_base : taken) + align - 1) & ~(align - 1);
  size_t available = (size_t)__builtin_wasm_memory_size(0) << 16;
  if (start + size > available &&
      __builtin_wasm_memory_grow(0, ((start + size - available) >> 16) + 1) == (size_t)-1)
    __builtin_trap();
  taken = start + size;
  for (size_t i = 0; i < old_size && i < size; i++) ((char *)start)[i] = ((char *)old)[i];
  return (void *)start;
}

static void print(const char *string) { print_bytes(string, length_of(string)); }

static void print_number(uint64_t number) {
  char digits[20];
  size_t first = sizeof digits;
  do digits[--first] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  print_bytes(digits + first, sizeof digits - first);
}

static void print_pair(const char *label, uint64_t number) {
  print(label);
  print(": ");
  print_number(number);
  print("\n");
}

static result_handle open(const char *path, int32_t open_flags, int32_t flags) {
  result_handle opened;
  open_at(root, 0, path, length_of(path), open_flags, flags, &opened);
  return opened;
}

static void print_content(int32_t file) {
  result_read read;
  descriptor_read(file, 1000, 0, &read);
  print_bytes(read.bytes.at, read.bytes.length);
  print("\n");
}

static void write_read(void) {
  int32_t file = open("direct.txt", create | truncate, reading | writing).handle;
  result_number written;
  descriptor_write(file, "directly", 8, 2, &written);
  print_pair("written", written.number);
  result_read read;
  descriptor_read(file, 100, 4, &read);
  print_bytes(read.bytes.at, read.bytes.length);
  print_pair("\nend", read.end);
  descriptor_read(file, 100, 10, &read);
  print_pair("length past the end", read.bytes.length);
  print_pair("end", read.end);
}

static void append(void) {
  int32_t file = open("appended", create, reading | writing).handle;
  result_handle one, two;
  append_via_stream(file, &one);
  append_via_stream(file, &two);
  result_stream done;
  for (int i = 0; i < 3; i++) {
    write_and_flush(one.handle, "a", 1, &done);
    write_and_flush(two.handle, "b", 1, &done);
  }
  drop_output(one.handle);
  drop_output(two.handle);
  print_content(file);
}

static void identity(void) {
  int32_t one = open("same", create, reading | writing).handle;
  int32_t two = open("same", 0, reading).handle;
  result_hash first, second;
  metadata_hash(one, &first);
  metadata_hash(two, &second);
  print_pair("same object", (uint64_t)is_same_object(one, two));
  print_pair("same hash", first.lower == second.lower && first.upper == second.upper);
  print_pair("same as the root", (uint64_t)is_same_object(one, root));
}

// Prints the numbers of the error codes: not-permitted is 31, no-entry 20.
static void escape(void) {
  static const char *const paths[] = {"../outside", "/etc/passwd", "missing", "", "a/../../b"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    result_handle opened = open(paths[i], 0, reading);
    print_pair(paths[i], opened.failed ? opened.error : 1000);
  }
}

// Opens and drops, many times over.
static void reopen(void) {
  int32_t last = 0;
  for (int i = 0; i < 20000; i++) {
    last = open("again", create, reading | writing).handle;
    drop_descriptor(last);
  }
  print_pair("last handle", (uint64_t)last);
}

// Prints the numbers of the error codes: access-denied is 1.
static void network(void) {
  result_handle made;
  create_tcp_socket(0, &made);
  print_pair("tcp", made.failed ? made.error : 1000);
  create_udp_socket(0, &made);
  print_pair("udp", made.failed ? made.error : 1000);
}

static void wait_briefly(void) {
  block(subscribe_duration(1000000));
  int32_t both[] = {subscribe_duration(3600000000000), subscribe_duration(1000)};
  text ready;
  poll(both, 2, &ready);
  print_pair("ready", ready.length);
  print_pair("which", *(uint32_t *)ready.at);
}

static void environment(void) {
  texts pairs;
  get_environment(&pairs);
  print_pair("variables", pairs.length);
  for (size_t i = 0; i < 2 * pairs.length; i++) {
    print_bytes(pairs.at[i].at, pairs.at[i].length);
    print(i % 2 == 0 ? "=" : "\n");
  }
}

static void overfill(void) {
  static char bytes[5000];
  result_stream done;
  write_and_flush(out, bytes, sizeof bytes, &done);
  print("still here\n");
}

EXPORT("wasi:cli/run@" VERSION "#run") int32_t run(void) {
  out = get_stdout();
  texts arguments;
  get_arguments(&arguments);
  preopens directories;
  get_directories(&directories);
  root = directories.length == 0 ? 0 : directories.at[0].handle;
  text which = arguments.length > 1 ? arguments.at[1] : (text){0, 0};
  if (is(which, "write-read")) return write_read(), 0;
  if (is(which, "append")) return append(), 0;
  if (is(which, "identity")) return identity(), 0;
  if (is(which, "escape")) return escape(), 0;
  if (is(which, "reopen")) return reopen(), 0;
  if (is(which, "network")) return network(), 0;
  if (is(which, "wait")) return wait_briefly(), 0;
  if (is(which, "wait-for-input")) return block(subscribe_input(get_stdin())), print("input\n"), 0;
  if (is(which, "environment")) return environment(), 0;
  if (is(which, "overfill")) return overfill(), 0;
  if (is(which, "wrong-handle")) return block(1234567), 0;
  if (is(which, "hello")) return print("hello\n"), 0;
  return 1;
}
