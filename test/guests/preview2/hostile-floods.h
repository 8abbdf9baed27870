// Floods: each does one thing again and again, up to a number, and prints how often it got through.
#include "hostile-calls.h"

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
