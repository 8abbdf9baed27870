import { describe, expect, test } from "vitest";

import { right } from "../../../src/wasi/preview1/rights.ts";
import { Program } from "../../support/wasi/preview1.ts";

const errno = { badf: 8, inval: 28, perm: 63, notcapable: 76 };
const all = 2n ** 30n - 1n;
/** No directory is opened for writing. */
const allOfDirectory = all & ~BigInt(right.fdWrite);
const oflag = { create: 1, directory: 2, truncate: 8 };

interface Asked {
  readonly how?: number;
  readonly base?: number | bigint;
  readonly inheriting?: number | bigint;
  readonly from?: number;
}

/** Returns the descriptor, or the number of an error, negative. */
function open(program: Program, path: string, asked: Asked = {}): number {
  const { how = 0, base = 0, inheriting = 0, from = 3 } = asked;
  const result = program.room(4);
  const error = program.calls.path_open(
    from,
    1,
    ...program.put(path),
    how,
    BigInt(base),
    BigInt(inheriting),
    0,
    result,
  );
  return error === 0 ? program.view.getUint32(result, true) : -error;
}

/** Returns the number of `open`'s error, 0 without one. */
function errorOf(opened: number): number {
  return opened < 0 ? -opened : 0;
}

function rightsOf(program: Program, fd: number): { base: bigint; inheriting: bigint } {
  const at = program.room(24);
  expect(program.calls.fd_fdstat_get(fd, at)).toBe(0);
  return {
    base: program.view.getBigUint64(at + 8, true),
    inheriting: program.view.getBigUint64(at + 16, true),
  };
}

/** Starts with a file with some text and a directory, in the preopen. */
function started(): Program {
  const program = new Program();
  program.write(program.open("file"), "text");
  expect(program.calls.path_create_directory(3, ...program.put("dir"))).toBe(0);
  expect(program.calls.path_symlink(...program.put("file"), 3, ...program.put("link"))).toBe(0);
  return program;
}

describe("rights", () => {
  test.each([
    [right.fdRead],
    [right.fdRead | right.fdSeek],
    [right.fdWrite],
    [right.fdRead | right.fdWrite | right.fdTell],
    [0],
  ])("of a file are told as they were asked for: %i", (base) => {
    const program = started();
    const one = open(program, "file", { base });
    const made = open(program, "new", { base, how: oflag.create });
    for (const fd of [one, made, open(program, "file", { base })])
      expect(rightsOf(program, fd)).toEqual({ base: BigInt(base), inheriting: 0n });
  });

  test("are never more than the directory passes on", () => {
    const program = started();
    const passed = right.fdRead | right.fdSeek;
    const dir = open(program, ".", {
      base: right.pathOpen | right.pathCreateFile,
      inheriting: passed,
    });
    const file = open(program, "file", { from: dir, base: all, inheriting: all });
    expect(rightsOf(program, file)).toEqual({ base: BigInt(passed), inheriting: BigInt(passed) });
    expect(program.read(file, 4)).toBe("text");
    expect(program.write(file, "x")).toBe(-errno.badf);
    const made = open(program, "new", { from: dir, how: oflag.create, base: all });
    expect(program.write(made, "x")).toBe(-errno.badf);
  });

  test("of a directory hold none that it has no use for", () => {
    const program = started();
    const dir = open(program, "dir", {
      how: oflag.directory,
      base: allOfDirectory,
      inheriting: all,
    });
    const { base, inheriting } = rightsOf(program, dir);
    expect(base & BigInt(right.fdSeek | right.fdRead | right.fdWrite)).toBe(0n);
    expect(rightsOf(program, 3)).toEqual({ base, inheriting });
  });

  test("are not held against a program that names none but reading and writing", () => {
    const program = started();
    const dir = open(program, "dir");
    const fd = open(program, "in", { from: dir, how: oflag.create, base: 66 });
    expect(program.write(fd, "four")).toBe(4);
    expect(program.calls.fd_seek(fd, 0n, 0, program.room(8))).toBe(0);
    expect(program.calls.fd_filestat_set_size(fd, 2n)).toBe(0);
    expect(program.calls.fd_filestat_set_times(fd, 1n, 1n, 1)).toBe(0);
    expect(program.read(fd, 4)).toBe("fo");
    expect(rightsOf(program, fd)).toEqual({ base: 66n, inheriting: 0n });
    const reader = open(program, "in", { from: dir, base: 2 });
    expect(program.calls.fd_filestat_set_size(reader, 1n)).toBe(errno.inval);
    expect(program.write(reader, "x")).toBe(-errno.badf);
    expect(program.read(open(program, "in", { from: dir }), 4)).toBe(errno.badf);
  });

  test("are taken away and not given back", () => {
    const program = started();
    const asked = right.fdRead | right.fdWrite | right.fdSeek | right.fdTell;
    const fd = open(program, "file", { base: asked });
    const kept = BigInt(right.fdSeek);
    expect(program.calls.fd_fdstat_set_rights(fd, kept, 0n)).toBe(0);
    expect(rightsOf(program, fd)).toEqual({ base: kept, inheriting: 0n });
    expect(program.read(fd, 4)).toBe(errno.badf);
    expect(program.write(fd, "x")).toBe(-errno.badf);
    expect(program.calls.fd_seek(fd, 1n, 0, program.room(8))).toBe(0);
    for (const more of [BigInt(asked), kept | 2n, kept | (1n << 40n), -1n])
      expect(program.calls.fd_fdstat_set_rights(fd, more, 0n)).toBe(errno.notcapable);
    expect(program.calls.fd_fdstat_set_rights(fd, kept, 2n)).toBe(errno.notcapable);
    expect(program.calls.fd_fdstat_set_rights(fd, kept, 0n)).toBe(0);
    expect(rightsOf(program, fd)).toEqual({ base: kept, inheriting: 0n });
    expect(program.calls.fd_fdstat_set_rights(99, 0n, 0n)).toBe(errno.badf);
  });

  test("that a preopen passes on no longer are no longer given", () => {
    const program = started();
    const { base, inheriting } = rightsOf(program, 3);
    const less = inheriting & ~BigInt(right.fdWrite);
    expect(program.calls.fd_fdstat_set_rights(3, base, less)).toBe(0);
    expect(program.write(open(program, "file", { base: 66 }), "x")).toBe(-errno.badf);
    expect(program.write(open(program, "file", { base: all }), "x")).toBe(-errno.badf);
    expect(program.content("file")).toBe("text");
  });

  test("of one descriptor are not those of another of the same file", () => {
    const program = started();
    const [one, other] = [open(program, "file", { base: 66 }), open(program, "file", { base: 66 })];
    expect(program.calls.fd_fdstat_set_rights(one, 0n, 0n)).toBe(0);
    expect(program.write(other, "more")).toBe(4);
  });

  test("go along when a descriptor gets another number", () => {
    const program = started();
    const [one, other] = [open(program, "file", { base: 2 }), open(program, "file", { base: 66 })];
    expect(program.calls.fd_renumber(one, other)).toBe(0);
    expect(program.write(other, "x")).toBe(-errno.badf);
  });

  test("of a standard stream can be taken away", () => {
    const program = started();
    expect(program.calls.fd_fdstat_set_rights(1, 0n, 0n)).toBe(0);
    expect(program.write(1, "x")).toBe(-errno.badf);
    expect(program.printed.stdout).toBe("");
    expect(program.calls.fd_filestat_get(1, program.room(64))).toBe(errno.notcapable);
  });
});

const onFile: readonly (readonly [string, number, (program: Program, fd: number) => number])[] = [
  ["fd_advise", right.fdAdvise, ({ calls }, fd) => calls.fd_advise(fd, 0n, 0n, 0)],
  ["fd_allocate", right.fdAllocate, ({ calls }, fd) => calls.fd_allocate(fd, 0n, 9n)],
  ["fd_datasync", right.fdDatasync | right.fdSync, ({ calls }, fd) => calls.fd_datasync(fd)],
  [
    "fd_fdstat_set_flags",
    right.fdFdstatSetFlags,
    ({ calls }, fd) => calls.fd_fdstat_set_flags(fd, 0),
  ],
  [
    "fd_filestat_get",
    right.fdFilestatGet,
    (program, fd) => program.calls.fd_filestat_get(fd, program.room(64)),
  ],
  [
    "fd_filestat_set_size",
    right.fdFilestatSetSize,
    ({ calls }, fd) => calls.fd_filestat_set_size(fd, 9n),
  ],
  [
    "fd_filestat_set_times",
    right.fdFilestatSetTimes,
    ({ calls }, fd) => calls.fd_filestat_set_times(fd, 1n, 1n, 1),
  ],
  [
    "fd_pread",
    right.fdSeek,
    (program, fd) =>
      program.calls.fd_pread(fd, ...program.vectors(program.put("x")), 0n, program.room(4)),
  ],
  [
    "fd_pwrite",
    right.fdSeek,
    (program, fd) =>
      program.calls.fd_pwrite(fd, ...program.vectors(program.put("x")), 0n, program.room(4)),
  ],
  ["fd_seek", right.fdSeek, (program, fd) => program.calls.fd_seek(fd, 1n, 0, program.room(8))],
  ["fd_sync", right.fdSync, ({ calls }, fd) => calls.fd_sync(fd)],
  [
    "fd_tell",
    right.fdTell | right.fdSeek,
    (program, fd) => program.calls.fd_tell(fd, program.room(8)),
  ],
  [
    "poll_oneoff",
    right.pollFdReadwrite,
    (program, fd) => {
      const at = program.room(48);
      program.view.setUint8(at + 8, 1);
      program.view.setUint32(at + 16, fd, true);
      return program.calls.poll_oneoff(at, program.room(32), 1, program.room(4));
    },
  ],
];

const onDirectory: readonly (readonly [
  string,
  number,
  (program: Program, fd: number) => number,
])[] = [
  [
    "fd_readdir",
    right.fdReaddir,
    (program, fd) => program.calls.fd_readdir(fd, program.room(256), 256, 0n, program.room(4)),
  ],
  [
    "path_create_directory",
    right.pathCreateDirectory,
    (program, fd) => program.calls.path_create_directory(fd, ...program.put("made")),
  ],
  [
    "path_filestat_get",
    right.pathFilestatGet,
    (program, fd) =>
      program.calls.path_filestat_get(fd, 0, ...program.put("file"), program.room(64)),
  ],
  [
    "path_filestat_set_times",
    right.pathFilestatSetTimes,
    (program, fd) =>
      program.calls.path_filestat_set_times(fd, 0, ...program.put("file"), 1n, 1n, 1),
  ],
  [
    "path_link from it",
    right.pathLinkSource,
    (program, fd) =>
      program.calls.path_link(fd, 0, ...program.put("file"), 3, ...program.put("made")),
  ],
  [
    "path_link to it",
    right.pathLinkTarget,
    (program, fd) =>
      program.calls.path_link(3, 0, ...program.put("file"), fd, ...program.put("made")),
  ],
  ["path_open", right.pathOpen, (program, fd) => errorOf(open(program, "file", { from: fd }))],
  [
    "path_open that creates",
    right.pathCreateFile,
    (program, fd) => errorOf(open(program, "made", { from: fd, how: oflag.create })),
  ],
  [
    "path_open that truncates",
    right.pathFilestatSetSize,
    (program, fd) => errorOf(open(program, "file", { from: fd, how: oflag.truncate })),
  ],
  [
    "path_readlink",
    right.pathReadlink,
    (program, fd) =>
      program.calls.path_readlink(
        fd,
        ...program.put("link"),
        program.room(64),
        64,
        program.room(4),
      ),
  ],
  [
    "path_remove_directory",
    right.pathRemoveDirectory,
    (program, fd) => program.calls.path_remove_directory(fd, ...program.put("dir")),
  ],
  [
    "path_rename from it",
    right.pathRenameSource,
    (program, fd) =>
      program.calls.path_rename(fd, ...program.put("file"), 3, ...program.put("made")),
  ],
  [
    "path_rename to it",
    right.pathRenameTarget,
    (program, fd) =>
      program.calls.path_rename(3, ...program.put("file"), fd, ...program.put("made")),
  ],
  [
    "path_symlink",
    right.pathSymlink,
    (program, fd) => program.calls.path_symlink(...program.put("file"), fd, ...program.put("made")),
  ],
  [
    "path_unlink_file",
    right.pathUnlinkFile,
    (program, fd) => program.calls.path_unlink_file(fd, ...program.put("file")),
  ],
];

describe("a call without its right", () => {
  test.each(onFile)("is refused, and made with it: %s", (_, needed, call) => {
    const program = started();
    const without = open(program, "file", { base: all & ~BigInt(needed) });
    expect(call(program, without)).toBe(errno.notcapable);
    expect(call(program, open(program, "file", { base: all }))).toBe(0);
  });

  test("is not refused by a border where it syncs, as a database syncs its folder", () => {
    const program = started();
    const asked = { how: oflag.directory, inheriting: all };
    const base = allOfDirectory & ~BigInt(right.fdDatasync);
    const reading = open(program, ".", { ...asked, base });
    const neither = open(program, ".", { ...asked, base: base & ~BigInt(right.fdSync) });
    const before = program.events.length;
    expect(program.calls.fd_datasync(reading)).toBe(0);
    expect(program.calls.fd_datasync(neither)).toBe(errno.notcapable);
    expect(program.calls.fd_sync(neither)).toBe(errno.notcapable);
    program.fixture.fs.commit();
    expect(program.events.slice(before)).toEqual([]);
  });

  test.each(onDirectory)("is refused, and made with it: %s", (_, needed, call) => {
    const program = started();
    const asked = { how: oflag.directory, inheriting: all };
    const without = open(program, ".", { ...asked, base: allOfDirectory & ~BigInt(needed) });
    const before = program.events.length;
    expect(call(program, without)).toBe(errno.notcapable);
    program.fixture.fs.commit();
    expect(program.events.slice(before)).toMatchObject([{ kind: "fail", error: "not-permitted" }]);
    expect(call(program, open(program, ".", { ...asked, base: allOfDirectory }))).toBe(0);
  });
});
