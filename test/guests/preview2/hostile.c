// A preview 2 component that means harm: `hostile.wasm CASE [NUMBER]`. It calls the host by the canonical ABI itself,
// so that handles, pointers and lengths can be whatever it likes. Each case prints lines "what: error code of the WIT
// by number", 1000 for success, and floods print how often they got through before that.
#include <stddef.h>
#include <stdint.h>

#define IMPORT(interface, function) __attribute__((import_module("wasi:" interface "@" VERSION), import_name(function)))
#define EXPORT(name) __attribute__((export_name(name)))
#define DESCRIPTOR(function) IMPORT("filesystem/types", "[method]descriptor." function)

typedef struct {
  char *at;
  size_t length;
} text;

// Results as they lie in memory: a tag (0: ok), then the payload at its alignment.
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
  union {
    uint64_t number;
    uint8_t error;
  };
} result_number;
typedef struct {
  uint8_t failed;
  struct {
    uint8_t which;
    int32_t error;
  } reason;
} result_stream;
typedef struct {
  uint8_t failed;
  uint64_t number;
  int32_t error;
} result_count;
typedef struct {
  int32_t handle;
  text path;
} preopen;
typedef struct {
  preopen *at;
  size_t length;
} preopens;
typedef struct {
  text *at;
  size_t length;
} texts;

IMPORT("cli/environment", "get-arguments") void get_arguments(texts *);
IMPORT("cli/stdout", "get-stdout") int32_t get_stdout(void);
IMPORT("cli/stdin", "get-stdin") int32_t get_stdin(void);
IMPORT("io/streams", "[method]output-stream.blocking-write-and-flush")
void write_and_flush(int32_t, const char *, size_t, result_stream *);
IMPORT("io/streams", "[method]output-stream.write") void stream_write(int32_t, const char *, size_t, result_stream *);
IMPORT("io/streams", "[method]output-stream.write-zeroes") void write_zeroes(int32_t, uint64_t, result_stream *);
IMPORT("io/streams", "[method]output-stream.splice") void splice(int32_t, int32_t, uint64_t, result_count *);
IMPORT("io/streams", "[method]input-stream.read") void stream_read(int32_t, uint64_t, result_handle *);
IMPORT("io/streams", "[method]input-stream.subscribe") int32_t subscribe_input(int32_t);
IMPORT("io/poll", "poll") void poll(const int32_t *, size_t, text *);
IMPORT("clocks/monotonic-clock", "subscribe-duration") int32_t subscribe_duration(uint64_t);
IMPORT("random/random", "get-random-bytes") void get_random_bytes(uint64_t, text *);
IMPORT("filesystem/preopens", "get-directories") void get_directories(preopens *);
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
IMPORT("filesystem/types", "[resource-drop]descriptor") void drop_descriptor(int32_t);
IMPORT("io/streams", "[resource-drop]output-stream") void drop_output(int32_t);
IMPORT("io/streams", "[resource-drop]input-stream") void drop_input(int32_t);

enum { create = 1, directory = 2, exclusive = 4, truncate = 8, reading = 1, writing = 2 };

static int32_t root, out;
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

static size_t length_of(const char *string) {
  size_t length = 0;
  while (string[length] != 0) length++;
  return length;
}

static int is(text one, const char *other) {
  size_t length = length_of(other);
  if (one.length != length) return 0;
  for (size_t i = 0; i < length; i++)
    if (one.at[i] != other[i]) return 0;
  return 1;
}

static void print_bytes(const char *bytes, size_t length) {
  result_stream done;
  for (size_t start = 0; start < length; start += 4096)
    write_and_flush(out, bytes + start, length - start < 4096 ? length - start : 4096, &done);
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

static void open_many(uint64_t most) {
  result_handle opened = {0};
  uint64_t count = 0;
  for (; count < most && !opened.failed; count += !opened.failed) opened = open_in(root, ".", 1, 0, reading);
  ends(count, code(opened.failed, opened.error));
}

static void streams(uint64_t most) {
  int32_t of = file("streamed");
  result_handle opened = {0};
  uint64_t count = 0;
  for (; count < most && !opened.failed; count += !opened.failed) {
    if (count % 2 == 0) read_via_stream(of, 0, &opened);
    else write_via_stream(of, 0, &opened);
  }
  ends(count, code(opened.failed, opened.error));
}

// Each listing holds what it has not read.
static void listings(uint64_t most) {
  char name[32];
  for (int i = 0; i < 100; i++) open_in(root, name, numbered("entry-", (uint64_t)i, name), create, writing);
  result_handle opened = {0};
  uint64_t count = 0;
  for (; count < most && !opened.failed; count += !opened.failed) read_directory(root, &opened);
  ends(count, code(opened.failed, opened.error));
}

static void stream_pollables(uint64_t most) {
  result_handle opened;
  read_via_stream(file("polled"), 0, &opened);
  for (uint64_t i = 0; i < most; i++) subscribe_input(opened.handle);
  print("done", most);
}

static void clock_pollables(uint64_t most) {
  for (uint64_t i = 0; i < most; i++) subscribe_duration(1);
  print("done", most);
}

static void stdin_pollables(uint64_t most) {
  int32_t in = get_stdin();
  for (uint64_t i = 0; i < most; i++) subscribe_input(in);
  print("done", most);
}

static void stdouts(uint64_t most) {
  for (uint64_t i = 0; i < most; i++) get_stdout();
  print("done", most);
}

// The error of a stream that failed is a resource of its own, which outlives the stream.
static void stream_errors(uint64_t most) {
  file("failing");
  int32_t of = open_in(root, "failing", 7, 0, reading).handle;
  for (uint64_t i = 0; i < most; i++) {
    result_handle opened;
    result_stream failed;
    write_via_stream(of, 0, &opened);
    write_and_flush(opened.handle, "x", 1, &failed);
    drop_output(opened.handle);
  }
  print("done", most);
}

#ifdef HTTP
static void header_fields(uint64_t most) {
  for (uint64_t i = 0; i < most; i++) new_fields();
  print("done", most);
}

static void headers(uint64_t most) {
  static char value[65536];
  for (size_t i = 0; i < sizeof value; i++) value[i] = 'v';
  int32_t fields = new_fields();
  result_unit done;
  for (uint64_t i = 0; i < most; i++) append_field(fields, "name", 4, value, sizeof value, &done);
  print("done", most);
}
#endif

static void poll_long(uint64_t length) {
  int32_t *list = (int32_t *)take(4 * (size_t)length, 4);
  int32_t one = subscribe_duration(1);
  for (uint64_t i = 0; i < length; i++) list[i] = one;
  text ready;
  poll(list, (size_t)length, &ready);
  print("ready", ready.length);
}

static void inodes(uint64_t most) {
  char name[32];
  result_handle opened = {0};
  uint64_t count = 0;
  for (; count < most && !opened.failed; count += !opened.failed) {
    opened = open_in(root, name, numbered("inode-", count, name), create, writing);
    if (!opened.failed) drop_descriptor(opened.handle);
  }
  ends(count, code(opened.failed, opened.error));
}

static void links(uint64_t most) {
  char name[32];
  file("linked");
  result_unit made = {0};
  uint64_t count = 0;
  for (; count < most && !made.failed; count += !made.failed)
    link_at(root, 0, "linked", 6, root, name, numbered("link-", count, name), &made);
  ends(count, code(made.failed, made.error));
}

// A chain of directories, each opened in the one before, so that no path is ever long.
static int32_t chain(int32_t base, const char *top, uint64_t length, uint64_t *last) {
  *last = mkdir_in(base, top, length_of(top));
  int32_t at = open_in(base, top, length_of(top), directory, reading).handle;
  for (uint64_t i = 1; i < length && *last == 1000; i++) {
    *last = mkdir_in(at, "d", 1);
    if (*last != 1000) break;
    int32_t below = open_in(at, "d", 1, directory, reading).handle;
    drop_descriptor(at);
    at = below;
  }
  return at;
}

static void deep(uint64_t most) {
  uint64_t last;
  chain(root, "d", most, &last);
  print("last", last);
}

// Hangs deep trees below one another: what is moved lies deeper afterwards than any path could say.
static void graft(uint64_t times) {
  uint64_t last;
  chain(root, "grown", 400, &last);
  uint64_t count = 0;
  for (; count < times && last == 1000; count++) {
    int32_t bottom = chain(root, "stock", 400, &last);
    last = rename_in(root, "grown", bottom, "d");
    drop_descriptor(bottom);
    if (last == 1000) last = rename_in(root, "stock", root, "grown");
  }
  ends(count, last);
}

static char *repeated(char letter, size_t length) {
  char *at = take(length + 1, 1);
  for (size_t i = 0; i < length; i++) at[i] = letter;
  at[length] = 0;
  return at;
}

static void names(void) {
  static const size_t lengths[] = {255, 256, 4095, 4097, 65536, 1 << 20, 64 << 20};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    char *name = repeated('n', lengths[i]);
    print("name", mkdir_in(root, name, lengths[i]));
    for (size_t at = 1; at < lengths[i]; at += 2) name[at] = '/';
    result_handle opened = open_in(root, name, lengths[i], 0, reading);
    print("path", code(opened.failed, opened.error));
    result_unit made;
    symlink_at(root, name, lengths[i], "target", 6, &made);
    print("target", code(made.failed, made.error));
    unlink_in(root, "target", 6);
  }
}

// Names of two, three and four bytes a character, cut in the middle or not at all.
static void encodings(void) {
  static const char *const texts[] = {"\xc3\xa9", "\xff", "half\xc3", "\xed\xa0\x80", "\xc0\xaf", "a\0b"};
  result_unit made;
  create_directory_at(root, texts[5], 3, &made);
  print("nul", code(made.failed, made.error));
  print("whole", mkdir_in(root, texts[0], length_of(texts[0])));
}

static void bad_encoding(uint64_t which) {
  static const char *const texts[] = {"\xff", "half\xc3", "\xed\xa0\x80", "\xc0\xaf"};
  print("made", mkdir_in(root, texts[which], length_of(texts[which])));
}

static void sparse(void) {
  static const uint64_t far[] = {1ull << 31, 1ull << 32, 1ull << 40, 1ull << 53, 1ull << 62, (1ull << 63) - 1, 1ull << 63, ~0ull};
  for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
    char name[32];
    result_unit sized;
    numbered("giant-", i, name);
    int32_t giant = open_in(root, name, 7, create, reading | writing).handle;
    set_size(giant, far[i], &sized);
    print("size", code(sized.failed, sized.error));
    print("write", write_in(giant, 1, far[i]));
    result_handle read;
    descriptor_read(giant, ~0ull, far[i] - 1, &read);
    print("read", read.failed ? read.error : 1000 + read.bytes.length);
    drop_descriptor(giant);
  }
}

// Overwrites the same bytes: the file stays small, the tape does not.
static void storm(uint64_t most) {
  int32_t of = file("storm");
  uint64_t last = 1000, count = 0;
  for (; count < most && last == 1000; count += last == 1000) last = write_in(of, 65536, 0);
  ends(count, last);
}

static void fill(uint64_t most) {
  char name[32];
  uint64_t last = 1000, count = 0;
  for (; count < most && last == 1000; count += last == 1000) {
    int32_t of = open_in(root, name, numbered("full-", count / 16, name), create, writing).handle;
    last = write_in(of, 65536, count % 16 * 65536);
    drop_descriptor(of);
  }
  ends(count, last);
}

static void grow_file(uint64_t most) {
  int32_t of = file("large");
  uint64_t last = 1000, count = 0;
  for (; count < most && last == 1000; count += last == 1000) last = write_in(of, 65536, count * 65536);
  ends(count, last);
}

static void swap_names(uint64_t most) {
  file("one");
  uint64_t last = 1000, count = 0;
  for (; count < most && last == 1000; count += last == 1000)
    last = count % 2 == 0 ? rename_in(root, "one", root, "two") : rename_in(root, "two", root, "one");
  ends(count, last);
}

// Every event has long texts of its own, and not a byte of content.
static void long_names(uint64_t most) {
  char *target = repeated('t', 1000);
  char name[300];
  for (size_t i = 0; i < 255; i++) name[i] = 'n';
  uint64_t last = 1000, count = 0;
  for (; count < most && last == 1000; count += last == 1000) {
    numbered("", 1000000000 + count, name);
    result_unit made;
    symlink_at(root, target, 1000, name, 255, &made);
    last = code(made.failed, made.error);
    if (!made.failed) unlink_in(root, name, 255);
  }
  ends(count, last);
}

static void prototypes(void) {
  static const char *const names[] = {"__proto__", "constructor", "prototype", "hasOwnProperty", "toString", "valueOf",
                                      "__defineGetter__", "length", "then", "toJSON", "undefined", "null", "0", "-1"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    int32_t of = file(names[i]);
    print(names[i], write_in(of, i + 1, 0));
  }
  print("mkdir", mkdir_in(root, "sub", 3));
  int32_t sub = open_in(root, "sub", 3, directory, reading).handle;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) print(names[i], rename_in(root, names[i], sub, names[i]));
}

static void maze(uint64_t length) {
  static char name[32], target[64];
  print("loop", symlink_in(root, "loop", "loop"));
  result_handle opened;
  open_at(root, 1, "loop", 4, 0, reading, &opened);
  print("loop", code(opened.failed, opened.error));
  symlink_in(root, "pong", "ping");
  symlink_in(root, "ping", "pong");
  open_at(root, 1, "ping/x", 6, create, reading, &opened);
  print("ping", code(opened.failed, opened.error));
  mkdir_in(root, "end", 3);
  symlink_in(root, "end", "maze-0");
  // Each link goes through the one before twice: the way doubles with each.
  for (uint64_t i = 1; i < length; i++) {
    size_t size = numbered("maze-", i - 1, target);
    const char back[] = "/../";
    for (size_t k = 0; k < 4; k++) target[size + k] = back[k];
    target[size + 4 + numbered("maze-", i - 1, target + size + 4)] = 0;
    name[numbered("maze-", i, name)] = 0;
    symlink_in(root, target, name);
  }
  open_at(root, 1, name, length_of(name), 0, reading, &opened);
  print("maze", code(opened.failed, opened.error));
  print("outside", symlink_in(root, "../../../etc/passwd", "outside"));
  open_at(root, 1, "outside", 7, 0, reading, &opened);
  print("outside", code(opened.failed, opened.error));
}

static void cycles(void) {
  mkdir_in(root, "a", 1);
  mkdir_in(root, "a/b", 3);
  mkdir_in(root, "a/b/c", 5);
  int32_t inner = open_in(root, "a/b/c", 5, directory, reading).handle;
  print("itself", rename_in(root, "a", root, "a/a"));
  print("below", rename_in(root, "a", inner, "a"));
  print("middle", rename_in(root, "a/b", root, "a/b/c/b"));
  print("dot", rename_in(inner, ".", root, "moved"));
  print("root", rename_in(root, "a/../", root, "moved"));
  // The way up out of what was moved goes where it now is.
  print("move", rename_in(root, "a/b", root, "b"));
  print("swap", rename_in(root, "a", inner, "a"));
  print("back", rename_in(root, "b", root, "b/c/a/b"));
}

static void refused(uint64_t most) {
  for (uint64_t i = 0; i < most; i++) unlink_in(root, "missing", 7);
  ends(most, 20);
}

static void refused_in_turn(uint64_t most) {
  static const char *const names[] = {"one", "two", "three", "four"};
  for (uint64_t i = 0; i < most; i++) unlink_in(root, names[i % 4], length_of(names[i % 4]));
  ends(most, 20);
}

// Each refusal unlike any other before it.
static void refused_anew(uint64_t most) {
  char *path = repeated('r', 1024);
  path[100] = path[300] = path[500] = path[700] = path[900] = '/';
  for (uint64_t i = 0; i < most; i++) {
    numbered("", 1000000000 + i, path);
    unlink_in(root, path, 1000);
  }
  ends(most, 20);
}

static void forge(uint64_t which) {
  int32_t of = file("real");
  result_handle got;
  result_number number;
  result_stream done;
  result_unit unit;
  switch (which) {
    case 0: descriptor_read(0, 1, 0, &got); break;
    case 1: descriptor_read(123456, 1, 0, &got); break;
    case 2: descriptor_read(-1, 1, 0, &got); break;
    case 3: descriptor_write(out, "x", 1, 0, &number); break;
    case 4: write_and_flush(of, "x", 1, &done); break;
    case 5: rename_at(root, "a", 1, 999, "b", 1, &unit); break;
    case 6: drop_descriptor(of), descriptor_write(of, "x", 1, 0, &number); break;
    case 7: drop_descriptor(of), drop_descriptor(of); break;
    case 8: is_same_object(root, 77777); break;
    case 9: write_via_stream(of, 0, &got), drop_output(got.handle), write_and_flush(got.handle, "x", 1, &done); break;
    case 10: drop_input(out); break;
    case 11: stream_read(of, 1, &got); break;
    case 12: descriptor_read(1 << 30, 1, 0, &got); break;
    case 13: descriptor_read((int32_t)0x80000001u, 1, 0, &got); break;
  }
  print("survived", which);
}

static void pointers(uint64_t which) {
  int32_t of = file("real");
  char *beyond = (char *)0xfffffff0u;
  result_handle got;
  result_number number;
  result_unit unit;
  result_stream done;
  write_in(of, 100, 0);
  switch (which) {
    case 0: open_at(root, 0, beyond, 64, create, writing, &got); break;
    case 1: open_at(root, 0, "a", (size_t)-1, create, writing, &got); break;
    case 2: descriptor_write(of, beyond, 64, 0, &number); break;
    case 3: descriptor_write(of, "a", (size_t)-1, 0, &number); break;
    case 4: descriptor_read(of, 10, 0, (result_handle *)beyond); break;
    case 5: create_directory_at(root, "made", 4, (result_unit *)0xffffffffu); break;
    case 6: lending = outside, descriptor_read(of, 10, 0, &got); break;
    case 7: lending = reentrant, descriptor_read(of, 10, 0, &got); break;
    case 8: write_and_flush(out, beyond, 64, &done); break;
    case 9: rename_at(root, "real", 4, root, beyond, 17, &unit); break;
    case 10: poll((int32_t *)beyond, 1 << 28, (text *)16); break;
    case 11: stream_write(out, 0, (size_t)__builtin_wasm_memory_size(0) << 16, &done); break;
    case 12: get_random_bytes(1ull << 40, (text *)16); break;
    case 13: write_zeroes(out, ~0ull, &done); break;
    case 14: read_directory(root, (result_handle *)beyond); break;
    case 15: symlink_at(root, beyond, 1 << 30, "s", 1, &unit); break;
    case 16: open_at(root, 0, "opened", 6, create, writing, (result_handle *)beyond); break;
  }
  print("survived", which);
}

static void closed(void) {
  result_handle opened;
  result_stream done;
  int32_t of = file("closed");
  write_via_stream(of, 0, &opened);
  unlink_in(root, "closed", 6);
  drop_descriptor(of);
  write_and_flush(opened.handle, "still", 5, &done);
  print("write", code(done.failed, 0));
  drop_output(opened.handle);
  mkdir_in(root, "gone", 4);
  int32_t gone = open_in(root, "gone", 4, directory, reading).handle;
  result_unit removed;
  remove_directory_at(root, "gone", 4, &removed);
  print("removed", code(removed.failed, removed.error));
  print("mkdir", mkdir_in(gone, "below", 5));
  print("rename", rename_in(root, "closed", gone, "x"));
  opened = open_in(gone, "..", 2, 0, reading);
  print("up", code(opened.failed, opened.error));
}

static void read_long(void) {
  int32_t of = file("long");
  for (uint64_t i = 0; i < 4; i++) write_in(of, 65536, i * 65536);
  result_handle got;
  descriptor_read(of, ~0ull, 0, &got);
  print("read", got.failed ? got.error : got.bytes.length);
  descriptor_read(of, 1, ~0ull, &got);
  print("read", got.failed ? got.error : 1000 + got.bytes.length);
  result_handle input, output;
  read_via_stream(of, 0, &input);
  stream_read(input.handle, ~0ull, &got);
  print("stream", got.failed ? got.error : got.bytes.length);
  write_via_stream(file("copy"), ~0ull, &output);
  result_count spliced;
  splice(output.handle, input.handle, ~0ull, &spliced);
  print("splice", spliced.failed ? 0 : 1000);
}

static void stat_forever(void) {
  for (;;) is_same_object(root, root);
}

EXPORT("wasi:cli/run@" VERSION "#run") int32_t run(void) {
  out = get_stdout();
  texts arguments;
  get_arguments(&arguments);
  preopens directories;
  get_directories(&directories);
  root = directories.length == 0 ? 0 : directories.at[0].handle;
  text which = arguments.length > 1 ? arguments.at[1] : (text){0, 0};
  uint64_t number = 0;
  if (arguments.length > 2)
    for (size_t i = 0; i < arguments.at[2].length; i++) number = 10 * number + (uint64_t)(arguments.at[2].at[i] - '0');
  if (is(which, "open-many")) return open_many(number), 0;
  if (is(which, "streams")) return streams(number), 0;
  if (is(which, "listings")) return listings(number), 0;
  if (is(which, "stream-pollables")) return stream_pollables(number), 0;
  if (is(which, "clock-pollables")) return clock_pollables(number), 0;
  if (is(which, "stdin-pollables")) return stdin_pollables(number), 0;
  if (is(which, "stdouts")) return stdouts(number), 0;
  if (is(which, "stream-errors")) return stream_errors(number), 0;
#ifdef HTTP
  if (is(which, "header-fields")) return header_fields(number), 0;
  if (is(which, "headers")) return headers(number), 0;
#endif
  if (is(which, "poll-long")) return poll_long(number), 0;
  if (is(which, "inodes")) return inodes(number), 0;
  if (is(which, "links")) return links(number), 0;
  if (is(which, "deep")) return deep(number), 0;
  if (is(which, "graft")) return graft(number), 0;
  if (is(which, "names")) return names(), 0;
  if (is(which, "encodings")) return encodings(), 0;
  if (is(which, "bad-encoding")) return bad_encoding(number), 0;
  if (is(which, "sparse")) return sparse(), 0;
  if (is(which, "storm")) return storm(number), 0;
  if (is(which, "fill")) return fill(number), 0;
  if (is(which, "grow-file")) return grow_file(number), 0;
  if (is(which, "swap-names")) return swap_names(number), 0;
  if (is(which, "long-names")) return long_names(number), 0;
  if (is(which, "prototypes")) return prototypes(), 0;
  if (is(which, "maze")) return maze(number), 0;
  if (is(which, "cycles")) return cycles(), 0;
  if (is(which, "refused")) return refused(number), 0;
  if (is(which, "refused-in-turn")) return refused_in_turn(number), 0;
  if (is(which, "refused-anew")) return refused_anew(number), 0;
  if (is(which, "forge")) return forge(number), 0;
  if (is(which, "pointers")) return pointers(number), 0;
  if (is(which, "closed")) return closed(), 0;
  if (is(which, "read-long")) return read_long(), 0;
  if (is(which, "stat-forever")) return stat_forever(), 0;
  return 1;
}
