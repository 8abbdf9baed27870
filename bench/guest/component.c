/* Does file operations as operations.c does, and prints the same lines, by the canonical ABI of WASI 0.2, or of 0.3 where
 * THIRD is defined, and without any libc. VERSION is the version of WASI. Bytes go through the streams of either: 0.2
 * blocks on them, as libc does, and 0.3 copies from the program's memory in one call. Arguments: how many times, and how
 * many MiB in one file. */
#include <stddef.h>
#include <stdint.h>

#define IMPORT(interface, function) __attribute__((import_module("wasi:" interface "@" VERSION), import_name(function)))
#define TYPES(function) IMPORT("filesystem/types", function)

typedef struct {
  char *at;
  size_t length;
} text;
/* A tag (0: ok), and what follows at its alignment. A handle stands first there, and bytes after an end. */
typedef struct {
  uint32_t failed;
  union {
    int32_t handle;
    text bytes;
    uint32_t error[5];
  };
} result;
typedef struct {
  uint64_t failed, number, other[16];
} result_long;

IMPORT("cli/environment", "get-arguments") void get_arguments(text *);
IMPORT("clocks/monotonic-clock", "now") uint64_t now(void);
IMPORT("filesystem/preopens", "get-directories") void get_directories(text *);
TYPES("[resource-drop]descriptor") void drop_descriptor(int32_t);
TYPES("[method]descriptor.open-at")
void open_at(int32_t, uint32_t, const char *, size_t, uint32_t, uint32_t, result *);
TYPES("[method]descriptor.stat-at") void stat_at(int32_t, uint32_t, const char *, size_t, result_long *);
TYPES("[method]descriptor.create-directory-at") void create_directory(int32_t, const char *, size_t, result *);
TYPES("[method]descriptor.unlink-file-at") void unlink_file(int32_t, const char *, size_t, result *);
TYPES("[method]descriptor.rename-at")
void rename_at(int32_t, const char *, size_t, int32_t, const char *, size_t, result *);

static char heap[1 << 20];
static size_t used;
static char block[4096], chunk[65536], output[8192];
static size_t printed;
static int32_t root;

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old;
  (void)old_size;
  size_t at = (used + align - 1) / align * align;
  if (at + size > sizeof heap) __builtin_trap();
  used = at + size;
  return heap + at;
}

static void must(int holds) {
  if (!holds) __builtin_trap();
}
static int is_ok(const result *made) { return (made->failed & 0xff) == 0; }

/* Open streams: what one is to, and how it is ended. */
typedef struct {
  int32_t stream, future;
} flow;

#ifdef THIRD
#define OF_READING(kind, number) TYPES("[" kind "-" number "][method]descriptor.read-via-stream")
TYPES("[method]descriptor.read-via-stream") void read_via_stream(int32_t, uint64_t, flow *);
TYPES("[method]descriptor.write-via-stream") int32_t write_via_stream(int32_t, int32_t, uint64_t);
TYPES("[method]descriptor.append-via-stream") int32_t append_via_stream(int32_t, int32_t);
OF_READING("stream-new", "0") uint64_t stream_new(void);
OF_READING("stream-read", "0") uint32_t stream_read(int32_t, char *, size_t);
OF_READING("stream-write", "0") uint32_t stream_write(int32_t, const char *, size_t);
OF_READING("stream-drop-readable", "0") void drop_readable(int32_t);
OF_READING("stream-drop-writable", "0") void drop_writable(int32_t);
OF_READING("future-read", "1") uint32_t future_read(int32_t, result *);
OF_READING("future-drop-readable", "1") void drop_future(int32_t);
IMPORT("cli/stdout", "write-via-stream") int32_t stdout_stream(int32_t);

static flow writing(int32_t file, uint64_t offset) {
  uint64_t pair = stream_new();
  return (flow){(int32_t)(pair >> 32), write_via_stream(file, (int32_t)pair, offset)};
}
static flow appending(int32_t file) {
  uint64_t pair = stream_new();
  return (flow){(int32_t)(pair >> 32), append_via_stream(file, (int32_t)pair)};
}
static void put(flow to, const char *bytes, size_t length) { must(stream_write(to.stream, bytes, length) == length << 4); }
static void end_writing(flow to) {
  result made = {0};
  drop_writable(to.stream);
  must(future_read(to.future, &made) == 0 && is_ok(&made));
  drop_future(to.future);
}
static flow reading(int32_t file, uint64_t offset) {
  flow made;
  read_via_stream(file, offset, &made);
  return made;
}
static void take(flow from, char *bytes, size_t length) { must(stream_read(from.stream, bytes, length) >> 4 == length); }
static void end_reading(flow from) {
  drop_readable(from.stream);
  drop_future(from.future);
}
static void print(void) {
  uint64_t pair = stream_new();
  stdout_stream((int32_t)pair);
  put((flow){(int32_t)(pair >> 32), 0}, output, printed);
}
#else
TYPES("[method]descriptor.read-via-stream") void read_via_stream(int32_t, uint64_t, result *);
TYPES("[method]descriptor.write-via-stream") void write_via_stream(int32_t, uint64_t, result *);
TYPES("[method]descriptor.append-via-stream") void append_via_stream(int32_t, result *);
IMPORT("io/streams", "[method]input-stream.blocking-read") void blocking_read(int32_t, uint64_t, result *);
IMPORT("io/streams", "[method]output-stream.check-write") void check_write(int32_t, result_long *);
IMPORT("io/streams", "[method]output-stream.write") void stream_write(int32_t, const char *, size_t, result *);
IMPORT("io/streams", "[method]output-stream.blocking-write-and-flush")
void blocking_write(int32_t, const char *, size_t, result *);
IMPORT("io/streams", "[resource-drop]input-stream") void drop_input(int32_t);
IMPORT("io/streams", "[resource-drop]output-stream") void drop_output(int32_t);
IMPORT("cli/stdout", "get-stdout") int32_t get_stdout(void);

static flow made_of(const result *made) {
  must(is_ok(made));
  return (flow){made->handle, 0};
}
static flow writing(int32_t file, uint64_t offset) {
  result made = {0};
  write_via_stream(file, offset, &made);
  return made_of(&made);
}
static flow appending(int32_t file) {
  result made = {0};
  append_via_stream(file, &made);
  return made_of(&made);
}
static void put(flow to, const char *bytes, size_t length) {
  result made = {0};
  result_long allowed = {0};
  if (length <= 4096) blocking_write(to.stream, bytes, length, &made);
  else {
    check_write(to.stream, &allowed);
    must((allowed.failed & 0xff) == 0 && allowed.number >= length);
    stream_write(to.stream, bytes, length, &made);
  }
  must(is_ok(&made));
}
static void end_writing(flow to) { drop_output(to.stream); }
static flow reading(int32_t file, uint64_t offset) {
  result made = {0};
  read_via_stream(file, offset, &made);
  return made_of(&made);
}
/* What was read lies where realloc put it, as libc then copies it. */
static void take(flow from, char *bytes, size_t length) {
  result made = {0};
  size_t before = used;
  blocking_read(from.stream, length, &made);
  must(is_ok(&made) && made.bytes.length == length);
  __builtin_memcpy(bytes, made.bytes.at, length);
  used = before;
}
static void end_reading(flow from) { drop_input(from.stream); }
static void print(void) {
  for (size_t at = 0; at < printed; at += 4096)
    put((flow){get_stdout(), 0}, output + at, printed - at < 4096 ? printed - at : 4096);
}
#endif

void *memcpy(void *to, const void *from, size_t length) {
  for (size_t at = 0; at < length; at += 1) ((volatile char *)to)[at] = ((const char *)from)[at];
  return to;
}
void *memset(void *at, int byte, size_t length) {
  for (size_t each = 0; each < length; each += 1) ((volatile char *)at)[each] = (char)byte;
  return at;
}

static void say(const char *word) {
  while (*word) output[printed++] = *word++;
}
static char *digits(char *at, uint64_t value, size_t least) {
  char backwards[24];
  size_t length = 0;
  do backwards[length++] = (char)('0' + value % 10);
  while ((value /= 10) || length < least);
  while (length) *at++ = backwards[--length];
  return at;
}

/* Which pass it is, and the directory that it works in. */
static const char *pass;

static text path_of(char *path, const char *prefix, int index) {
  char *at = path;
  for (const char *from = pass; *from;) *at++ = *from++;
  *at++ = '/';
  for (const char *from = prefix; *from;) *at++ = *from++;
  if (index >= 0) at = digits(at, (uint64_t)index, 6);
  return (text){path, (size_t)(at - path)};
}
static text named(const char *prefix, int index) {
  static char path[64];
  return path_of(path, prefix, index);
}

static void report(const char *what, uint64_t start, int times) {
  uint64_t took = now() - start;
  say(pass), say(" "), say(what), say(" ");
  printed = (size_t)(digits(output + printed, took / (uint64_t)times, 1) - output);
  say("\n");
}

enum { create = 1, exclusive = 4, read = 1, write = 2 };
static int32_t open(const char *prefix, int index, uint32_t how, uint32_t as) {
  result made = {0};
  text path = named(prefix, index);
  open_at(root, 0, path.at, path.length, how, as, &made);
  must(is_ok(&made));
  return made.handle;
}
static int exists(const char *prefix, int index) {
  result_long made = {0};
  text path = named(prefix, index);
  stat_at(root, 0, path.at, path.length, &made);
  return (made.failed & 0xff) == 0;
}
static uint64_t scattered(int index, int times) { return (uint64_t)((unsigned)index * 2654435761u % (unsigned)times) * 4096; }

static void do_all(int times, int large) {
  result made = {0};
  size_t length = 0;
  while (pass[length]) length += 1;
  create_directory(root, pass, length, &made);
  must(is_ok(&made));

  uint64_t start = now();
  for (int index = 0; index < times; index++) drop_descriptor(open("file", index, create | exclusive, write));
  report("create", start, times);

  int32_t file = open("log", -1, create, write);
  flow stream = appending(file);
  start = now();
  for (int index = 0; index < times; index++) put(stream, block, 64);
  report("append-64", start, times);
  end_writing(stream);
  drop_descriptor(file);

  file = open("blocks", -1, create, read | write);
  stream = writing(file, 0);
  start = now();
  for (int index = 0; index < times; index++) put(stream, block, sizeof block);
  report("write-4096", start, times);
  end_writing(stream);

  start = now();
  for (int index = 0; index < times; index++) {
    stream = writing(file, scattered(index, times));
    put(stream, block, sizeof block);
    end_writing(stream);
  }
  report("overwrite-4096", start, times);

  stream = reading(file, 0);
  start = now();
  for (int index = 0; index < times; index++) take(stream, block, sizeof block);
  report("read-4096", start, times);
  end_reading(stream);

  start = now();
  for (int index = 0; index < times; index++) {
    stream = reading(file, scattered(index, times));
    take(stream, block, sizeof block);
    end_reading(stream);
  }
  report("pread-4096", start, times);
  drop_descriptor(file);

  start = now();
  for (int index = 0; index < times; index++) must(exists("file", index));
  report("stat", start, times);

  start = now();
  for (int index = 0; index < times; index++) must(!exists("missing", index));
  report("stat-missing", start, times);

  start = now();
  for (int index = 0; index < times; index++) drop_descriptor(open("file", index, 0, read));
  report("open", start, times);

  start = now();
  for (int index = 0; index < times; index++) {
    char path[64];
    text old = path_of(path, "file", index), new = named("moved", index);
    rename_at(root, old.at, old.length, root, new.at, new.length, &made);
    must(is_ok(&made));
  }
  report("rename", start, times);

  file = open("large", -1, create, write);
  stream = writing(file, 0);
  start = now();
  for (int index = 0; index < large * 16; index++) put(stream, chunk, sizeof chunk);
  report("large-MiB", start, large);
  end_writing(stream);
  drop_descriptor(file);
}

static void delete_all(int times) {
  result made = {0};
  uint64_t start = now();
  for (int index = 0; index < times; index++) {
    text path = named("moved", index);
    unlink_file(root, path.at, path.length, &made);
    must(is_ok(&made));
  }
  report("unlink", start, times);
}

static int number_of(text argument) {
  int value = 0;
  for (size_t at = 0; at < argument.length; at += 1) value = value * 10 + (argument.at[at] - '0');
  return value;
}

__attribute__((export_name("wasi:cli/run@" VERSION "#run"))) int32_t run(void) {
  static const char *const passes[] = {"first", "second"};
  text arguments, roots;
  get_arguments(&arguments);
  must(arguments.length == 3);
  int times = number_of(((text *)arguments.at)[1]), large = number_of(((text *)arguments.at)[2]);
  get_directories(&roots);
  must(roots.length > 0);
  root = *(int32_t *)roots.at;
  memset(block, 'b', sizeof block);
  for (size_t at = 0; at < sizeof chunk; at += 1) chunk[at] = (char)(at * 2654435761u >> 13);
  size_t before = used;
  for (int index = 0; index < 2; index++) pass = passes[index], used = before, do_all(times, large);
  for (int index = 0; index < 2; index++) pass = passes[index], delete_all(times);
  print();
  return 0;
}
