import { describe, expect, test } from "vitest";
import { Program } from "../../support/wasi/preview1.ts";
import { append, errno, nonBlock, seek, whence, withFile } from "./with-file.ts";

describe("a descriptor", () => {
  test("has the lowest number that is free", () => {
    const program = new Program();
    const [first, second, third] = [program.open("a"), program.open("b"), program.open("c")];
    expect([first, second, third]).toEqual([4, 5, 6]);
    program.calls.fd_close(second);
    program.calls.fd_close(0);
    expect([program.open("d"), program.open("e"), program.open("f")]).toEqual([0, 5, 7]);
  });

  test("is good until it is closed, and no longer", () => {
    const { program, fd } = withFile("x");
    expect(program.calls.fd_close(fd)).toBe(0);
    expect(program.calls.fd_close(fd)).toBe(errno.badf);
    expect(program.write(fd, "x")).toBe(-errno.badf);
  });

  test("that is renumbered takes the place of another, which is closed", () => {
    const program = new Program({ limits: { descriptors: 4 } });
    const [one, other] = [program.open("one"), program.open("other")];
    expect(program.calls.fd_renumber(one, other)).toBe(0);
    program.write(other, "to one");
    expect(program.content("one")).toBe("to one");
    expect(program.calls.fd_close(one)).toBe(errno.badf);
    // The root of the fixture, the preopen, and "one" are open.
    expect(program.open("third")).toBe(one);
  });

  test("is renumbered onto itself and onto standard streams, but onto nothing that is not open", () => {
    const program = new Program();
    const fd = program.open("file");
    expect(program.calls.fd_renumber(fd, fd)).toBe(0);
    expect(program.calls.fd_renumber(fd, 1)).toBe(0);
    expect(program.write(1, "here")).toBe(4);
    expect(program.content("file")).toBe("here");
    for (const none of [fd, 9, 2 ** 31 - 1, -1])
      expect(program.calls.fd_renumber(1, none)).toBe(errno.badf);
    expect(program.calls.fd_renumber(7, 1)).toBe(errno.badf);
    expect(program.write(1, "!")).toBe(1);
  });

  test("beyond the limit is refused, and the limit is told", () => {
    const program = new Program({ limits: { descriptors: 4 } });
    expect([program.open("a"), program.open("b")]).toEqual([4, 5]);
    expect(program.open("c")).toBe(-errno.nomem);
    program.fixture.fs.commit();
    expect(program.events.at(-1)).toMatchObject({ kind: "fail", limit: "descriptors" });
  });

  test("that a program leaves open is closed at its end", () => {
    const program = new Program();
    program.open("file");
    program.fixture.root.unlinkFileAt("file");
    program.preview1[Symbol.dispose]();
    expect(program.fixture.fs.tree.orphans.size).toBe(0);
  });

  test("of a directory is synced and has its times set, as that of a file", () => {
    const { program, fd } = withFile("x");
    for (const any of [fd, 3]) {
      expect(program.calls.fd_sync(any)).toBe(0);
      expect(program.calls.fd_datasync(any)).toBe(0);
      expect(program.calls.fd_filestat_set_times(any, 5n, 7n, 1 | 4)).toBe(0);
      const stat = program.room(64);
      program.calls.fd_filestat_get(any, stat);
      expect(program.view.getBigUint64(stat + 40, true)).toBe(5n);
      expect(program.view.getBigUint64(stat + 48, true)).toBe(7n);
    }
    expect(program.calls.fd_filestat_set_times(fd, 5n, 7n, 1 | 2)).toBe(errno.inval);
  });

  test("takes advice", () => {
    const { program, fd } = withFile("x");
    expect(program.calls.fd_advise(fd, 0n, 0n, 5)).toBe(0);
    expect(program.calls.fd_advise(fd, 0n, 0n, 6)).toBe(errno.inval);
  });

  test("allocates up to the end of what is asked for, and never takes from a file", () => {
    const { program, fd } = withFile("text");
    expect(program.calls.fd_allocate(fd, 2n, 6n)).toBe(0);
    expect(program.content("file")).toBe("text\0\0\0\0");
    expect(program.calls.fd_allocate(fd, 0n, 3n)).toBe(0);
    expect(program.content("file")).toHaveLength(8);
    expect(program.events.filter(({ kind }) => kind === "set-size")).toHaveLength(1);
  });

  test.each([
    ["past the limit on files", 0n, 2n ** 50n],
    ["past the largest offset", 2n ** 63n - 1n, 1n],
    ["past what 64 bits hold", -1n, -1n],
  ])("allocates nothing %s", (_, offset, length) => {
    const { program, fd } = withFile("x");
    expect(program.calls.fd_allocate(fd, offset, length)).toBe(errno.fbig);
    expect(program.content("file")).toBe("x");
  });

  test("that is a directory's or for reading only allocates nothing", () => {
    const { program } = withFile("x");
    const reader = program.open("file", { how: 0, rights: 2n });
    for (const fd of [3, reader]) expect(program.calls.fd_allocate(fd, 0n, 9n)).toBe(errno.badf);
    expect(program.calls.fd_allocate(0, 0n, 9n)).toBe(errno.inval);
  });
});

describe("what a descriptor says of itself", () => {
  const fdstat = (program: Program, fd: number) => {
    const at = program.room(24);
    expect(program.calls.fd_fdstat_get(fd, at)).toBe(0);
    const [type, flags] = [program.view.getUint8(at), program.view.getUint16(at + 2, true)];
    const rights = program.view.getBigUint64(at + 8, true);
    return { type, flags, reads: (rights & 2n) !== 0n, writes: (rights & 64n) !== 0n, rights };
  };

  test("is how it was opened", () => {
    const { program, fd } = withFile("");
    expect(fdstat(program, fd)).toMatchObject({ type: 4, flags: 0, reads: true, writes: true });
    const reader = program.open("file", { how: 0, rights: 2n });
    expect(fdstat(program, reader)).toMatchObject({ reads: true, writes: false });
    const log = program.open("file", { rights: 64n, flags: append | nonBlock });
    expect(fdstat(program, log)).toMatchObject({ flags: 5, reads: false, writes: true });
    expect(fdstat(program, 3)).toMatchObject({ type: 3, flags: 0 });
  });

  test("is what isatty asks for, when it is a terminal", () => {
    const program = new Program({ surroundings: { terminals: new Set(["stdout"]) } });
    expect(fdstat(program, 0)).toMatchObject({ type: 0, reads: true, writes: false });
    expect(fdstat(program, 1)).toMatchObject({ type: 2, reads: false, writes: true });
    expect(fdstat(program, 2)).toMatchObject({ type: 0, reads: false, writes: true });
    for (const fd of [0, 1, 2]) expect(fdstat(program, fd).rights & (4n | 32n)).toBe(0n);
  });

  test("is what its inode is", () => {
    const { program, fd } = withFile("12345");
    const at = program.room(64);
    expect(program.calls.fd_filestat_get(fd, at)).toBe(0);
    const words = [0, 8, 16, 24, 32, 40, 48, 56].map((offset) =>
      program.view.getBigUint64(at + offset, true),
    );
    const { time } = program.fixture.clock;
    expect(words).toEqual([1n, 2n, 4n, 1n, 5n, time, time, time]);
  });

  test("is its size after it was set", () => {
    const { program, fd } = withFile("12345");
    expect(program.calls.fd_filestat_set_size(fd, 2n)).toBe(0);
    expect(program.content("file")).toBe("12");
    expect(program.calls.fd_filestat_set_size(fd, -1n)).toBe(errno.inval);
    expect(program.calls.fd_filestat_set_size(fd, 2n ** 60n)).toBe(errno.fbig);
  });
});

describe("a standard stream", () => {
  test("has no position and no size", () => {
    const program = new Program();
    const vectors = program.vectors([program.room(8), 8]);
    for (const fd of [0, 1, 2]) {
      expect(seek(program, fd, 0n, whence.current)).toBe(BigInt(-errno.spipe));
      expect(program.calls.fd_tell(fd, program.room(8))).toBe(errno.spipe);
      expect(program.calls.fd_pread(fd, ...vectors, 0n, program.room(4))).toBe(errno.spipe);
      expect(program.calls.fd_pwrite(fd, ...vectors, 0n, program.room(4))).toBe(errno.spipe);
      expect(program.calls.fd_filestat_set_size(fd, 0n)).toBe(errno.inval);
      expect(program.calls.fd_sync(fd)).toBe(errno.inval);
    }
  });

  test("is read or written, as it is meant", () => {
    const program = new Program({ input: ["first", "second"] });
    expect(program.read(0, 3, 4)).toBe("first");
    expect(program.read(0, 3)).toBe("sec");
    expect(program.read(0, 8)).toBe("ond");
    expect(program.read(0, 8)).toBe("");
    expect(program.read(1, 8)).toBe(errno.badf);
    expect(program.write(0, "x")).toBe(-errno.badf);
    expect(program.write(1, "to ", "stdout")).toBe(9);
    expect(program.write(2, "to stderr")).toBe(9);
    expect(program.printed).toEqual({ stdout: "to stdout", stderr: "to stderr" });
  });

  test.each([
    ["closed", errno.pipe],
    ["failed", errno.io],
  ] as const)("that is %s says so", (came, error) => {
    const program = new Program({ surroundings: { print: () => came } });
    expect(program.write(1, "x")).toBe(-error);
  });
});
