// A component of WASI 0.3 for tests, by the canonical ABI and without any libc. It reads commands from its input, one a
// line, does them one after another, and prints what came of each, one a line. Names of things are digits: descriptors
// (0 is the first preopen), streams with the future that tells how they ended. VERSION is the version of WASI.
#include "third.h"

enum { blocked = -1 };
static char heap[4 << 20];
static size_t used, kept;
static char input[2 << 20], output[4 << 20];
static size_t printed;
static int32_t descriptors[10], writers[10], readers[10], futures[10], out;
// What futures that were asked for are to be read into.
static result answers[10];

EXPORT("cabi_realloc") void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  size_t at = (used + align - 1) / align * align;
  if (at + size > sizeof heap) __builtin_trap();
  used = at + size;
  for (size_t each = 0; each < old_size && each < size; each += 1) heap[at + each] = ((char *)old)[each];
  return heap + at;
}

void *memset(void *at, int byte, size_t length) {
  for (size_t each = 0; each < length; each += 1) ((volatile char *)at)[each] = byte;
  return at;
}

static void say(const char *word, size_t length) {
  if (printed + length > sizeof output) __builtin_trap();
  for (size_t at = 0; at < length; at += 1) output[printed++] = word[at];
}
static void word(const char *word) {
  size_t length = 0;
  while (word[length]) length += 1;
  if (printed && output[printed - 1] != '\n') say(" ", 1);
  say(word, length);
}
static void number(uint64_t value) {
  char digits[24];
  size_t at = sizeof digits - 1;
  digits[at] = 0;
  do digits[--at] = '0' + value % 10;
  while (value /= 10);
  word(digits + at);
}

static const char *codes[] = {
    "access", "already", "bad-descriptor", "busy", "deadlock", "quota", "exist", "file-too-large",
    "illegal-byte-sequence", "in-progress", "interrupted", "invalid", "io", "is-directory", "loop", "too-many-links",
    "message-size", "name-too-long", "no-device", "no-entry", "no-lock", "insufficient-memory", "insufficient-space",
    "not-directory", "not-empty", "not-recoverable", "unsupported", "no-tty", "no-such-device", "overflow",
    "not-permitted", "pipe", "read-only", "invalid-seek", "text-file-busy", "cross-device", "other"};
static const char *types[] = {"block-device", "character-device", "directory", "fifo", "symbolic-link", "regular-file",
                              "socket", "other"};

static void outcome(result *made) { word(made->failed & 0xff ? codes[made->error.tag & 0xff] : "ok"); }
static void copied(uint32_t code) {
  static const char *ways[] = {"completed", "dropped", "cancelled"};
  if (code == (uint32_t)blocked) return word("blocked");
  word(ways[code & 0xf]);
  number(code >> 4);
}

// Waits for the event of what is in use, with a set of its own.
static uint32_t waited(int32_t waitable) {
  uint32_t event[2];
  static int32_t set;
  if (!set) set = set_new();
  join(waitable, set);
  set_wait(set, event);
  join(waitable, 0);
  return event[1];
}

// How a stream ended, as its future tells.
static void ended(size_t name) {
  result made = {0};
  if (!futures[name]) return word("nothing");
  future_read(futures[name], &made);
  outcome(&made);
  future_drop_readable(futures[name]);
  futures[name] = 0;
}

static const char *line;
static size_t number_at(void) {
  size_t value = 0;
  while (*line == ' ') line += 1;
  while (*line >= '0' && *line <= '9') value = value * 10 + (*line++ - '0');
  return value;
}
static uint64_t offset_at(void) {
  uint64_t value = 0;
  while (*line == ' ') line += 1;
  while (*line >= '0' && *line <= '9') value = value * 10 + (*line++ - '0');
  return value;
}
static text text_at(void) {
  while (*line == ' ') line += 1;
  text found = {(char *)line, 0};
  while (*line && *line != ' ') line += 1, found.length += 1;
  if (found.length == 2 && found.at[0] == '"') found.length = 0;
  return found;
}
static int has(text letters, char letter) {
  for (size_t at = 0; at < letters.length; at += 1)
    if (letters.at[at] == letter) return 1;
  return 0;
}

static void tell_stat(result_stat *made) {
  if (made->failed & 0xff) return word(codes[made->error.tag & 0xff]);
  word(types[made->stat.type.tag & 0xff]);
  number(made->stat.links);
  number(made->stat.size);
}

static void open(void) {
  size_t name = number_at(), base = number_at();
  text path = text_at(), flags = text_at();
  struct {
    int32_t base;
    uint8_t follow;
    text path;
    uint8_t open, as;
  } asked = {descriptors[base], has(flags, 'f'), path,
             has(flags, 'c') | has(flags, 'd') << 1 | has(flags, 'x') << 2 | has(flags, 't') << 3,
             has(flags, 'r') | has(flags, 'w') << 1 | has(flags, 'm') << 5};
  result made = {0};
  if ((open_at(&asked, &made) & 0xf) != 2) __builtin_trap();
  outcome(&made);
  if (made.failed & 0xff) return;
  if (descriptors[name]) drop_descriptor(descriptors[name]);
  descriptors[name] = made.handle;
}

static void list(size_t name) {
  reading made;
  entry some[3];
  read_directory(descriptors[name], &made);
  for (;;) {
    uint32_t code = entries_read(made.stream, some, 3);
    for (size_t at = 0; at < code >> 4; at += 1) {
      word(types[some[at].type.tag & 0xff]);
      say(" ", 1);
      say(some[at].name.at, some[at].name.length);
    }
    if (code & 0xf) break;
  }
  entries_drop(made.stream);
  futures[0] = made.future;
  ended(0);
}

static void forget(size_t name) {
  if (futures[name]) future_drop_readable(futures[name]);
  futures[name] = 0;
}

static void future_told(size_t name) {
  outcome(&answers[name]);
  forget(name);
}

// Writes numbers into a file, each of them a line, and says each when its write is done; 0: for ever.
static void acknowledge(size_t count) {
  uint64_t pair = stream_new();
  append_via_stream(descriptors[1], (int32_t)pair);
  for (size_t each = 1; count == 0 || each <= count; each += 1) {
    printed = 0;
    number(each);
    say("\n", 1);
    if (stream_write(pair >> 32, output, printed) != printed << 4) __builtin_trap();
    if (stdout_write(out, output, printed) != printed << 4) __builtin_trap();
  }
  printed = 0;
}

static void command(void) {
  // Of each stream its own: what is pending stays where it is.
  static char room[10][128 << 10];
  char *bytes;
  result made = {0};
  result_stat stated = {0};
  char letter = *line++;
  size_t name, base, length;
  text path, other;
  uint64_t pair;
  reading stream;
  switch (letter) {
  case 'o': return open();
  case 'd':
    name = number_at();
    if (descriptors[name]) drop_descriptor(descriptors[name]);
    descriptors[name] = 0;
    return word("ok");
  case 's': return stat(descriptors[number_at()], &stated), tell_stat(&stated);
  case 'S':
    base = number_at(), path = text_at(), other = text_at();
    return stat_at(descriptors[base], has(other, 'f'), path.at, path.length, &stated), tell_stat(&stated);
  case 'z': return name = number_at(), set_size(descriptors[name], offset_at(), &made), outcome(&made);
  case 'Y': return sync_all(descriptors[number_at()], &made), outcome(&made);
  case 'G':
    get_flags(descriptors[number_at()], &made);
    return number(made.flags);
  case 'm':
    return base = number_at(), path = text_at(), create_directory(descriptors[base], path.at, path.length, &made),
           outcome(&made);
  case 'R':
    return base = number_at(), path = text_at(), remove_directory(descriptors[base], path.at, path.length, &made),
           outcome(&made);
  case 'u':
    return base = number_at(), path = text_at(), unlink_file(descriptors[base], path.at, path.length, &made),
           outcome(&made);
  case 'y':
    base = number_at(), other = text_at(), path = text_at();
    return symlink_at(descriptors[base], other.at, other.length, path.at, path.length, &made), outcome(&made);
  case 'k':
    base = number_at(), path = text_at();
    readlink_at(descriptors[base], path.at, path.length, &made);
    outcome(&made);
    if (made.failed & 0xff) return;
    say(" ", 1);
    return say(made.path.at, made.path.length);
  case 'n':
  case 'l':
    base = number_at(), path = text_at(), name = number_at(), other = text_at();
    if (letter == 'n')
      rename_at(descriptors[base], path.at, path.length, descriptors[name], other.at, other.length, &made);
    else link_at(descriptors[base], 0, path.at, path.length, descriptors[name], other.at, other.length, &made);
    return outcome(&made);
  case 'D': return list(number_at());
  case 't': return wait_for(offset_at()), word("ok");
  // w NAME DESCRIPTOR OFFSET, a NAME DESCRIPTOR: a new stream into a file.
  case 'w':
  case 'a':
    name = number_at(), base = number_at(), pair = stream_new();
    forget(name);
    if (writers[name]) stream_drop_writable(writers[name]);
    writers[name] = pair >> 32;
    futures[name] = letter == 'w' ? write_via_stream(descriptors[base], (int32_t)pair, offset_at())
                                  : append_via_stream(descriptors[base], (int32_t)pair);
    return word("ok");
  // p NAME LENGTH BYTE: writes so many bytes into the stream.
  case 'p':
    name = number_at(), length = number_at(), path = text_at(), bytes = room[name];
    for (size_t at = 0; at < length; at += 1) bytes[at] = path.at[0];
    return writers[name] ? copied(stream_write(writers[name], bytes, length)) : word("nothing");
  // e NAME: ends the stream, and tells how it ended; x NAME: ends it and never asks.
  case 'e':
  case 'x':
    name = number_at();
    if (writers[name]) stream_drop_writable(writers[name]);
    writers[name] = 0;
    return letter == 'e' ? ended(name) : (forget(name), word("ok"));
  // P NAME: asks how the stream will end, without waiting; Q NAME: asks no more.
  case 'P':
    name = number_at();
    if (!futures[name]) return word("nothing");
    return future_ask(futures[name], &answers[name]) == (uint32_t)blocked ? word("blocked") : future_told(name);
  case 'Q':
    name = number_at();
    return future_cancel_read(futures[name]) ? word("cancelled") : future_told(name);
  // K COUNT: numbers, to descriptor 1.
  case 'K': return acknowledge(number_at());
  // i NAME DESCRIPTOR OFFSET: a new stream from a file; g NAME LENGTH: reads from it.
  case 'i':
    name = number_at(), base = number_at();
    read_via_stream(descriptors[base], offset_at(), &stream);
    forget(name);
    if (readers[name]) stream_drop_readable(readers[name]);
    readers[name] = stream.stream, futures[name] = stream.future;
    return word("ok");
  case 'g': {
    name = number_at(), length = number_at(), bytes = room[name];
    if (!readers[name]) return word("nothing");
    uint32_t code = stream_read(readers[name], bytes, length);
    copied(code);
    if (code == (uint32_t)blocked) return;
    say(" ", 1);
    return say(bytes, code >> 4);
  }
  // c NAME: drops the stream where it stands, and tells how it ended.
  case 'c':
    name = number_at();
    if (readers[name]) stream_drop_readable(readers[name]);
    readers[name] = 0;
    return ended(name);
  // q NAME: both ends of a stream; W NAME DESCRIPTOR OFFSET: gives the readable one to a file, whatever is pending.
  case 'q':
    name = number_at(), pair = stream_new();
    if (writers[name]) stream_drop_writable(writers[name]);
    if (readers[name]) stream_drop_readable(readers[name]);
    writers[name] = pair >> 32, readers[name] = (int32_t)pair;
    return word("ok");
  case 'W':
    name = number_at(), base = number_at();
    forget(name);
    futures[name] = write_via_stream(descriptors[base], readers[name], offset_at());
    readers[name] = 0;
    return word("ok");
  // C r NAME, C w NAME: cancels what is pending; v r NAME, v w NAME: waits for it.
  case 'C':
    path = text_at(), name = number_at();
    return copied(path.at[0] == 'r' ? stream_cancel_read(readers[name]) : stream_cancel_write(writers[name]));
  case 'v':
    path = text_at(), name = number_at();
    return copied(waited(path.at[0] == 'r' ? readers[name] : writers[name]));
  default: return word("unknown");
  }
}

// Synchronous: what it waits for it waits for in the call.
EXPORT("wasi:cli/run@" VERSION "#run") int32_t run(void) {
  text roots;
  reading in;
  size_t length = 0;
  get_directories(&roots);
  for (size_t at = 0; at < roots.length && at < 10; at += 1) descriptors[at] = ((preopen *)roots.at)[at].handle;
  stdin_stream(&in);
  for (;;) {
    uint32_t code = stdin_read(in.stream, input + length, sizeof input - 1 - length);
    length += code >> 4;
    if (code & 0xf) break;
  }
  uint64_t pair = stdout_new();
  int32_t future = stdout_stream((int32_t)pair);
  (void)future;
  out = pair >> 32;
  kept = used;
  for (size_t at = 0; at < length;) {
    line = input + at;
    while (at < length && input[at] != '\n') at += 1;
    input[at++] = 0;
    command();
    say("\n", 1);
    used = kept;
  }
  for (size_t at = 0; at < printed;) at += stdout_write(out, output + at, printed - at) >> 4;
  return 0;
}
