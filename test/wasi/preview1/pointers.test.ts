import { describe, expect, test } from "vitest";

import { signatures } from "../../../src/run/wasm/signatures.ts";
import { Program } from "../../support/wasi/preview1.ts";

type Name = keyof typeof signatures;

/** An argument that is no pointer; `fd` a file, `dir` a directory. */
type Plain = number | bigint | "fd" | "dir";
/** A pointer to so many bytes; lists of places and paths are filled in. */
type Pointer =
  | { readonly to: number }
  | { readonly to: number; readonly of: "vectors" | "path" | "subscription" };

const path = [{ to: 4, of: "path" }, 4] as const;
const vectors = [{ to: 16, of: "vectors" }, 2] as const;

/** Every function that takes pointers, in a call that succeeds. */
const good: Partial<Record<Name, readonly (Plain | Pointer)[]>> = {
  args_get: [{ to: 4 }, { to: 5 }],
  args_sizes_get: [{ to: 4 }, { to: 4 }],
  clock_res_get: [1, { to: 8 }],
  clock_time_get: [1, 0n, { to: 8 }],
  environ_get: [{ to: 4 }, { to: 4 }],
  environ_sizes_get: [{ to: 4 }, { to: 4 }],
  fd_fdstat_get: ["fd", { to: 24 }],
  fd_filestat_get: ["fd", { to: 64 }],
  fd_pread: ["fd", ...vectors, 0n, { to: 4 }],
  fd_prestat_dir_name: ["dir", { to: 1 }, 1],
  fd_prestat_get: ["dir", { to: 8 }],
  fd_pwrite: ["fd", ...vectors, 0n, { to: 4 }],
  fd_read: ["fd", ...vectors, { to: 4 }],
  fd_readdir: ["dir", { to: 100 }, 100, 0n, { to: 4 }],
  fd_seek: ["fd", 0n, 0, { to: 8 }],
  fd_tell: ["fd", { to: 8 }],
  fd_write: ["fd", ...vectors, { to: 4 }],
  path_create_directory: ["dir", ...path],
  path_filestat_get: ["dir", 0, { to: 1, of: "path" }, 1, { to: 64 }],
  path_filestat_set_times: ["dir", 0, { to: 1, of: "path" }, 1, 0n, 0n, 1],
  path_link: ["dir", 0, { to: 1, of: "path" }, 1, "dir", ...path],
  path_open: ["dir", 0, ...path, 1, 64n, 0n, 0, { to: 4 }],
  path_readlink: ["dir", { to: 2, of: "path" }, 2, { to: 8 }, 8, { to: 4 }],
  path_remove_directory: ["dir", { to: 3, of: "path" }, 3],
  path_rename: ["dir", { to: 1, of: "path" }, 1, "dir", ...path],
  path_symlink: [{ to: 1, of: "path" }, 1, "dir", ...path],
  path_unlink_file: ["dir", { to: 1, of: "path" }, 1],
  poll_oneoff: [{ to: 48, of: "subscription" }, { to: 32 }, 1, { to: 4 }],
  random_get: [{ to: 8 }, 8],
};

/** Functions without pointers, or that ignore them as there are no sockets. */
const without: readonly Name[] = [
  "fd_advise",
  "fd_allocate",
  "fd_close",
  "fd_datasync",
  "fd_fdstat_set_flags",
  "fd_fdstat_set_rights",
  "fd_filestat_set_size",
  "fd_filestat_set_times",
  "fd_renumber",
  "fd_sync",
  "proc_exit",
  "proc_raise",
  "sched_yield",
  "sock_accept",
  "sock_recv",
  "sock_send",
  "sock_shutdown",
];

const names = Object.keys(good) as Name[];
/** Paths of so many bytes. */
const pathOfLength = new Map([
  [1, "f"],
  [2, "ln"],
  [3, "dir"],
  [4, "new-"],
]);

interface Started {
  readonly program: Program;
  readonly fd: number;
}

/** Starts with a file "f", a link "ln" and a directory "dir"; paths of four bytes are new. */
function start(): Started {
  const program = new Program({
    surroundings: { args: ["prog"], environment: [["K", "v"]] },
  });
  const fd = program.open("f");
  program.write(fd, "content");
  program.calls.fd_seek(fd, 0n, 0, program.room(8));
  program.fixture.root.symlinkAt("f", "ln");
  program.fixture.root.createDirectoryAt("dir");
  return { program, fd };
}

/** Calls a function with the pointer at `index`, if any, moved elsewhere. */
function make({ program, fd }: Started, name: Name, index?: number, where = 0): number {
  const flat = (good[name] ?? []).map((argument, at) => {
    if (argument === "fd") return fd;
    if (argument === "dir") return 3;
    if (typeof argument !== "object") return argument;
    return at === index ? where : place(program, argument);
  });
  const call: unknown = program.calls[name];
  if (typeof call !== "function") throw new Error(`no function ${name}`);
  return Number(Reflect.apply(call, undefined, flat));
}

function place(program: Program, pointer: Pointer): number {
  if (!("of" in pointer)) return program.room(pointer.to);
  switch (pointer.of) {
    case "path":
      return program.put(pathOfLength.get(pointer.to) ?? "")[0];
    case "vectors":
      return program.vectors([program.room(3), 3], [program.room(4), 4])[0];
    case "subscription":
      return program.room(48);
  }
}

test("every function is held to its pointers", () => {
  expect([...names, ...without].toSorted()).toEqual(Object.keys(signatures).toSorted());
});

test.each(names)("%s takes good pointers", (name) => {
  expect(make(start(), name)).toBe(0);
});

const memoryBytes = 64 * 65_536;
const cases = names.flatMap((name) =>
  (good[name] ?? []).flatMap((argument, index) =>
    typeof argument === "object"
      ? [
          { name, index, where: memoryBytes - argument.to + 1 },
          { name, index, where: memoryBytes },
          { name, index, where: 0x7fff_ffff },
          // As the engine passes the upper half: negative.
          { name, index, where: -1 },
          { name, index, where: -argument.to },
        ]
      : [],
  ),
);

describe("a call that is refused changes nothing", () => {
  const started = start();
  const before = started.program.events.length;

  test.each(cases)("$name with its argument $index at $where ends the guest", (one) => {
    expect(() => make(started, one.name, one.index, one.where)).toThrow(
      "a pointer outside of memory",
    );
    expect(started.program.events.length).toBe(before);
  });
});

/** Each as [list, count] of a call whose places lie outside, or are too many. */
test.each(["fd_read", "fd_write", "fd_pread", "fd_pwrite"] as const)(
  "%s with places outside of memory ends the guest before anything happens",
  (name) => {
    const { program, fd } = start();
    const inside = [program.room(4), 4] as const;
    const before = program.events.length;
    for (const outside of [
      [memoryBytes - 3, 4],
      [16, memoryBytes],
      [-1, 1],
      [0, -1],
    ] as const) {
      const list = program.vectors(inside, outside);
      const flat = name.startsWith("fd_p") ? [fd, ...list, 0n, 16] : [fd, ...list, 16];
      expect(() => {
        Reflect.apply(program.calls[name] as (...flat: unknown[]) => number, undefined, flat);
      }).toThrow("a pointer outside of memory");
    }
    expect(program.events.length).toBe(before);
  },
);

test.each([
  ["path_open", (program: Program) => program.calls.path_open(3, 0, 16, -1, 1, 64n, 0n, 0, 64)],
  ["fd_readdir", (program: Program) => program.calls.fd_readdir(3, 16, -1, 0n, 64)],
  ["random_get", (program: Program) => program.calls.random_get(16, -1)],
  ["poll_oneoff", (program: Program) => program.calls.poll_oneoff(16, 16, -1, 64)],
  ["path_readlink", (program: Program) => program.calls.path_readlink(3, 16, 2, 16, -1, 64)],
] as const)("%s with a length of 2^32 - 1 ends the guest", (_name, call) => {
  expect(() => call(start().program)).toThrow("a pointer outside of memory");
});

test.each([-1, 4_000, 0x7fff_ffff])("no function takes %i for a descriptor", (fd) => {
  const badf = 8;
  for (const name of names.filter((one) => one.startsWith("fd_") || one.startsWith("path_"))) {
    const { program } = start();
    const flat = (good[name] ?? []).map((argument) => {
      if (argument === "fd" || argument === "dir") return fd;
      return typeof argument === "object" ? place(program, argument) : argument;
    });
    const call = program.calls[name] as (...flat: unknown[]) => number;
    expect({ name, error: Reflect.apply(call, undefined, flat) }).toEqual({ name, error: badf });
  }
});

test("a call before there is a memory ends the guest", () => {
  const { preview1 } = new Program();
  preview1.attach({ buffer: new ArrayBuffer(0) });
  expect(() => preview1.functions.clock_time_get(1, 0n, 0)).toThrow("a pointer outside of memory");
});
