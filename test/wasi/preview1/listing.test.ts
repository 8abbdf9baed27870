import { describe, expect, test } from "vitest";

import { Program } from "../../support/wasi/preview1.ts";

const errno = { badf: 8, nomem: 48, notdir: 54 };
const headBytes = 24;

interface Entry {
  readonly name: string;
  readonly type: number;
  readonly ino: bigint;
  readonly next: bigint;
}

/** Returns the complete entries of one call, and how many bytes it used. */
function list(program: Program, fd: number, { size = 4_096, cookie = 0n } = {}) {
  const buffer = program.room(size);
  const used = program.room(4);
  const error = program.calls.fd_readdir(fd, buffer, size, cookie, used);
  if (error !== 0) throw new Error(`errno ${error}`);
  const bytes = program.view.getUint32(used, true);
  const entries: Entry[] = [];
  for (let at = buffer; at + headBytes <= buffer + bytes;) {
    const length = program.view.getUint32(at + 16, true);
    if (at + headBytes + length > buffer + bytes) break;
    entries.push({
      next: program.view.getBigUint64(at, true),
      ino: program.view.getBigUint64(at + 8, true),
      type: program.view.getUint8(at + 20),
      name: program.text(at + headBytes, length),
    });
    at += headBytes + length;
  }
  return { entries, bytes, names: entries.map(({ name }) => name) };
}

function withEntries(...names: readonly string[]): Program {
  const program = new Program();
  for (const name of names) program.calls.fd_close(program.open(name));
  return program;
}

describe("a listing", () => {
  test("begins with . and .., and has types and inodes", () => {
    const program = withEntries("b", "ä");
    program.fixture.root.createDirectoryAt("dir");
    program.fixture.root.symlinkAt("b", "link");
    const { entries } = list(program, 3);
    expect(entries).toEqual([
      { name: ".", type: 3, ino: 1n, next: 1n },
      { name: "..", type: 3, ino: 0n, next: 2n },
      { name: "b", type: 4, ino: 2n, next: 3n },
      { name: "dir", type: 3, ino: 4n, next: 4n },
      { name: "link", type: 7, ino: 5n, next: 5n },
      { name: "ä", type: 4, ino: 3n, next: 6n },
    ]);
  });

  test("goes on from a cookie over what there was at the beginning", () => {
    const program = withEntries("a", "b", "c");
    const first = list(program, 3, { size: 24 + 1 + 24 + 2 + 24 + 1 });
    expect(first.names).toEqual([".", "..", "a"]);
    program.fixture.root.unlinkFileAt("b");
    program.calls.fd_close(program.open("aa"));
    const cookie = first.entries.at(-1)?.next ?? 0n;
    expect(list(program, 3, { cookie }).names).toEqual(["b", "c"]);
    expect(list(program, 3).names).toEqual([".", "..", "a", "aa", "c"]);
  });

  test("fills its buffer, with the last entry cut off", () => {
    const program = withEntries("long-name");
    const { names, bytes } = list(program, 3, { size: 24 + 1 + 24 + 2 + 24 + 4 });
    expect({ names, bytes }).toEqual({ names: [".", ".."], bytes: 79 });
    expect(list(program, 3, { size: 10 }).bytes).toBe(10);
    expect(list(program, 3, { size: 0 }).bytes).toBe(0);
  });

  test("is at its end behind the last entry, and behind any cookie that is made up", () => {
    const program = withEntries("a");
    for (const cookie of [3n, 4n, 2n ** 32n, -1n])
      expect(list(program, 3, { cookie }).bytes).toBe(0);
    expect(list(program, 3, { cookie: 2n }).names).toEqual(["a"]);
  });

  test("is for directories that are open", () => {
    const program = withEntries("a");
    const call = (fd: number) =>
      program.calls.fd_readdir(fd, program.room(64), 64, 0n, program.room(4));
    expect(call(program.open("a"))).toBe(errno.notdir);
    expect(call(0)).toBe(errno.badf);
    expect(call(9)).toBe(errno.badf);
  });

  test("is refused when a program holds too many, and counts no more when its directory is closed", () => {
    const program = new Program({ limits: { "directory-entries": 10 } });
    for (let index = 0; index < 10; index += 1) program.calls.fd_close(program.open(`f${index}`));
    const directories = Array.from({ length: 3 }, () => program.open(".", { how: 2, rights: 2n }));
    const call = (fd: number) =>
      program.calls.fd_readdir(fd, program.room(64), 64, 0n, program.room(4));
    expect(directories.map(call)).toEqual([0, 0, errno.nomem]);
    program.calls.fd_close(directories[0] ?? 0);
    expect(call(directories[2] ?? 0)).toBe(0);
    expect(call(directories[2] ?? 0)).toBe(0);
  });
});
