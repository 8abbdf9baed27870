import { expect, test } from "vitest";

import { Program } from "../../support/wasi/preview1.ts";

const inval = 28;

/** Calls with a flag that has no meaning for them. */
const odd: readonly (readonly [string, (program: Program) => number])[] = [
  [
    "path_filestat_get, lookupflags",
    (of) => of.calls.path_filestat_get(3, 2, ...of.put("file"), of.room(64)),
  ],
  [
    "path_open, lookupflags",
    (of) => of.calls.path_open(3, 2, ...of.put("new"), 1, 2n, 0n, 0, of.room(4)),
  ],
  [
    "path_open, oflags",
    (of) => of.calls.path_open(3, 0, ...of.put("new"), 17, 2n, 0n, 0, of.room(4)),
  ],
  [
    "path_open, fdflags",
    (of) => of.calls.path_open(3, 0, ...of.put("new"), 1, 2n, 0n, 32, of.room(4)),
  ],
  [
    "path_filestat_set_times, fstflags",
    (of) => of.calls.path_filestat_set_times(3, 0, ...of.put("file"), 1n, 1n, 16),
  ],
  [
    "path_filestat_set_times, lookupflags",
    (of) => of.calls.path_filestat_set_times(3, 2, ...of.put("file"), 1n, 1n, 1),
  ],
  ["fd_filestat_set_times, fstflags", (of) => of.calls.fd_filestat_set_times(4, 1n, 1n, 32)],
  [
    "path_link, lookupflags",
    (of) => of.calls.path_link(3, -2, ...of.put("file"), 3, ...of.put("new")),
  ],
  ["fd_fdstat_set_flags, fdflags", (of) => of.calls.fd_fdstat_set_flags(4, 64)],
  ["poll_oneoff, subclockflags", (of) => of.calls.poll_oneoff(waitWithFlag(of), 0, 1, of.room(4))],
];

/** Waits for the realtime clock with flags 2. */
function waitWithFlag(program: Program): number {
  const at = program.room(48);
  program.view.setUint16(at + 40, 2, true);
  return at;
}

test.each(odd)("a flag that means nothing is refused, and nothing happens: %s", (_, call) => {
  const program = new Program();
  program.write(program.open("file"), "text");
  const before = program.events.length;
  expect(call(program)).toBe(inval);
  expect(program.events.length).toBe(before);
});

test("a write to a place before the file's begin is refused, as a read from there is", () => {
  const program = new Program();
  const fd = program.open("file");
  const vectors = program.vectors(program.put("text"));
  expect(program.calls.fd_pwrite(fd, ...vectors, -1n, program.room(4))).toBe(inval);
  expect(program.calls.fd_pread(fd, ...vectors, -1n, program.room(4))).toBe(inval);
});
