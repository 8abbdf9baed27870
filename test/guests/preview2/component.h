// Shared by the components of preview 2: types as they lie in memory by the canonical ABI, calls that all of
// them make, and texts. VERSION is the version of the WASI packages that a component imports.
#include <stddef.h>
#include <stdint.h>

#define IMPORT(interface, function) __attribute__((import_module("wasi:" interface "@" VERSION), import_name(function)))
#define EXPORT(name) __attribute__((export_name(name)))

typedef struct {
  char *at;
  size_t length;
} text;

// Results: a tag (0: ok), then the payload at its alignment.
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
IMPORT("io/streams", "[method]input-stream.subscribe") int32_t subscribe_input(int32_t);
IMPORT("io/poll", "poll") void poll(const int32_t *, size_t, text *);
IMPORT("clocks/monotonic-clock", "subscribe-duration") int32_t subscribe_duration(uint64_t);
IMPORT("filesystem/preopens", "get-directories") void get_directories(preopens *);
IMPORT("filesystem/types", "[resource-drop]descriptor") void drop_descriptor(int32_t);
IMPORT("io/streams", "[resource-drop]output-stream") void drop_output(int32_t);

static int32_t root, out;

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
