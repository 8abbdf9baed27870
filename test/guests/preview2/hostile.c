// A preview 2 component that means harm: `hostile.wasm CASE [NUMBER]`. It calls the host by the canonical ABI itself,
// so that handles, pointers and lengths can be whatever it likes. Each case prints lines "what: error code of the WIT
// by number", 1000 for success, and floods print how often they got through before that.
#include "hostile-floods.h"

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
