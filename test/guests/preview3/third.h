// Types of WASI 0.3 as they lie in memory by the canonical ABI, and the functions that the component imports. VERSION is
// the version of WASI.
#include <stddef.h>
#include <stdint.h>

#define IMPORT(interface, function) __attribute__((import_module("wasi:" interface "@" VERSION), import_name(function)))
#define TYPES(function) IMPORT("filesystem/types", function)
#define OF_READING(kind, number) TYPES("[" kind "-" number "][method]descriptor.read-via-stream")
#define OF_LISTING(kind, number) TYPES("[" kind "-" number "][method]descriptor.read-directory")
#define EXPORT(name) __attribute__((export_name(name)))

typedef struct {
  char *at;
  size_t length;
} text;

// A variant whose last case holds an optional text.
typedef struct {
  uint32_t tag;
  uint32_t other[3];
} error_code;
typedef struct {
  uint32_t tag;
  uint32_t other[3];
} type_of;
typedef struct {
  uint32_t failed;
  union {
    error_code error;
    int32_t handle;
    text path;
    uint8_t flags;
    type_of type;
  };
} result;
typedef struct {
  uint8_t some;
  struct {
    int64_t seconds;
    uint32_t nanoseconds;
  } at;
} option_instant;
typedef struct {
  type_of type;
  uint64_t links, size;
  option_instant access, modification, change;
} stat_record;
typedef struct {
  uint64_t failed;
  union {
    error_code error;
    stat_record stat;
  };
} result_stat;
typedef struct {
  int32_t handle;
  text path;
} preopen;
typedef struct {
  type_of type;
  text name;
} entry;
typedef struct {
  int32_t stream, future;
} reading;

IMPORT("cli/stdin", "read-via-stream") void stdin_stream(reading *);
IMPORT("cli/stdout", "write-via-stream") int32_t stdout_stream(int32_t);
IMPORT("clocks/monotonic-clock", "wait-for") void wait_for(uint64_t);
IMPORT("filesystem/preopens", "get-directories") void get_directories(text *);
TYPES("[resource-drop]descriptor") void drop_descriptor(int32_t);
TYPES("[method]descriptor.read-via-stream") void read_via_stream(int32_t, uint64_t, reading *);
TYPES("[method]descriptor.read-directory") void read_directory(int32_t, reading *);
TYPES("[method]descriptor.write-via-stream") int32_t write_via_stream(int32_t, int32_t, uint64_t);
TYPES("[method]descriptor.append-via-stream") int32_t append_via_stream(int32_t, int32_t);
TYPES("[async-lower][method]descriptor.open-at") uint32_t open_at(void *, result *);
TYPES("[method]descriptor.stat") void stat(int32_t, result_stat *);
TYPES("[method]descriptor.stat-at") void stat_at(int32_t, uint32_t, const char *, size_t, result_stat *);
TYPES("[method]descriptor.set-size") void set_size(int32_t, uint64_t, result *);
TYPES("[method]descriptor.sync") void sync_all(int32_t, result *);
TYPES("[method]descriptor.get-flags") void get_flags(int32_t, result *);
TYPES("[method]descriptor.create-directory-at") void create_directory(int32_t, const char *, size_t, result *);
TYPES("[method]descriptor.remove-directory-at") void remove_directory(int32_t, const char *, size_t, result *);
TYPES("[method]descriptor.unlink-file-at") void unlink_file(int32_t, const char *, size_t, result *);
TYPES("[method]descriptor.readlink-at") void readlink_at(int32_t, const char *, size_t, result *);
TYPES("[method]descriptor.symlink-at") void symlink_at(int32_t, const char *, size_t, const char *, size_t, result *);
TYPES("[method]descriptor.rename-at")
void rename_at(int32_t, const char *, size_t, int32_t, const char *, size_t, result *);
TYPES("[method]descriptor.link-at")
void link_at(int32_t, uint32_t, const char *, size_t, int32_t, const char *, size_t, result *);
OF_READING("stream-new", "0") uint64_t stream_new(void);
TYPES("[async-lower][stream-read-0][method]descriptor.read-via-stream") uint32_t stream_read(int32_t, char *, size_t);
TYPES("[async-lower][stream-write-0][method]descriptor.read-via-stream")
uint32_t stream_write(int32_t, const char *, size_t);
OF_READING("stream-cancel-read", "0") uint32_t stream_cancel_read(int32_t);
OF_READING("stream-cancel-write", "0") uint32_t stream_cancel_write(int32_t);
OF_READING("stream-drop-readable", "0") void stream_drop_readable(int32_t);
OF_READING("stream-drop-writable", "0") void stream_drop_writable(int32_t);
OF_READING("future-drop-readable", "1") void future_drop_readable(int32_t);
OF_READING("future-read", "1") uint32_t future_read(int32_t, result *);
TYPES("[async-lower][future-read-1][method]descriptor.read-via-stream") uint32_t future_ask(int32_t, result *);
OF_READING("future-cancel-read", "1") uint32_t future_cancel_read(int32_t);
IMPORT("cli/stdin", "[stream-read-0]read-via-stream") uint32_t stdin_read(int32_t, char *, size_t);
IMPORT("cli/stdout", "[stream-new-0]write-via-stream") uint64_t stdout_new(void);
IMPORT("cli/stdout", "[stream-write-0]write-via-stream") uint32_t stdout_write(int32_t, const char *, size_t);
OF_LISTING("stream-read", "0") uint32_t entries_read(int32_t, entry *, size_t);
OF_LISTING("stream-drop-readable", "0") void entries_drop(int32_t);
__attribute__((import_module("$root"), import_name("[waitable-set-new]"))) int32_t set_new(void);
__attribute__((import_module("$root"), import_name("[waitable-set-wait]"))) uint32_t set_wait(int32_t, uint32_t *);
__attribute__((import_module("$root"), import_name("[waitable-join]"))) void join(int32_t, int32_t);
