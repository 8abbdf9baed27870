import { describe, expect, test } from "vitest";

import { Program, type ProgramSetup } from "../../support/preview1.ts";

const append = 1;
const nonBlock = 4;
const MiB = 1024 * 1024;
const errno = { badf: 8, fbig: 22, inval: 28, io: 29, nomem: 48, pipe: 64, spipe: 70 };
const whence = { set: 0, current: 1, end: 2 };

function writesIn(program: Program): readonly (readonly [number, number])[] {
  return program.events.flatMap((event) =>
    event.kind === "write" ? [[event.offset, event.length] as const] : [],
  );
}

/** Opens a file with this content for reading and writing, at its beginning. */
function withFile(content: string, setup: ProgramSetup = {}) {
  const program = new Program(setup);
  const fd = program.open("file");
  if (content !== "") program.write(fd, content);
  seek(program, fd, 0n, whence.set);
  return { program, fd };
}

/** Returns the new position, or the number of an error, negative. */
function seek(program: Program, fd: number, offset: bigint, from: number): bigint {
  const result = program.room(8);
  const error = program.calls.fd_seek(fd, offset, from, result);
  return error === 0 ? program.view.getBigUint64(result, true) : BigInt(-error);
}

function tell(program: Program, fd: number): bigint {
  const result = program.room(8);
  expect(program.calls.fd_tell(fd, result)).toBe(0);
  return program.view.getBigUint64(result, true);
}

describe("a write", () => {
  test("from several places is one event", () => {
    const program = new Program();
    const fd = program.open("file");
    expect(program.write(fd, "one ", "", "two ", "three")).toBe(13);
    expect(program.content("file")).toBe("one two three");
    expect(writesIn(program)).toEqual([[0, 13]]);
  });

  test("goes on where the last one ended", () => {
    const { program, fd } = withFile("");
    program.write(fd, "ab");
    program.write(fd, "cd");
    expect(program.content("file")).toBe("abcd");
    expect(tell(program, fd)).toBe(4n);
  });

  test("of more than a MiB is several events, and written whole", () => {
    const { program, fd } = withFile("", { pages: 100 });
    expect(program.write(fd, "x".repeat(2 * MiB + 5))).toBe(2 * MiB + 5);
    expect(writesIn(program)).toEqual([
      [0, MiB],
      [MiB, MiB],
      [2 * MiB, 5],
    ]);
  });

  test("of more than a MiB from several places takes a MiB and says so", () => {
    const { program, fd } = withFile("", { pages: 100 });
    expect(program.write(fd, "a".repeat(MiB - 1), "bc")).toBe(MiB);
    expect(writesIn(program)).toEqual([[0, MiB]]);
  });

  test("takes no more than the limit on calls", () => {
    const { program, fd } = withFile("", { limits: { "call-bytes": 10 } });
    expect(program.write(fd, "x".repeat(25))).toBe(10);
    expect(program.write(fd, "x".repeat(8), "y".repeat(8))).toBe(10);
  });

  test("that a limit cuts short says what was written, and the next one is refused", () => {
    const { program, fd } = withFile("", { pages: 100, limits: { "file-bytes": 2 * MiB } });
    const bytes = "x".repeat(2 * MiB + 1);
    expect(program.write(fd, bytes)).toBe(2 * MiB);
    expect(program.write(fd, "y")).toBe(-errno.fbig);
    program.fixture.fs.commit();
    expect(program.events.at(-1)).toMatchObject({
      kind: "fail",
      operation: "write",
      path: "/file",
      error: "file-too-large",
      limit: "file-bytes",
    });
  });

  test("of nothing is no event", () => {
    const { program, fd } = withFile("");
    expect(program.write(fd, "")).toBe(0);
    expect(program.write(fd)).toBe(0);
    expect(writesIn(program)).toEqual([]);
  });

  test("from more places than there can be is refused", () => {
    const { program, fd } = withFile("");
    expect(program.write(fd, ...Array.from({ length: 1_024 }, () => "x"))).toBe(1_024);
    expect(program.write(fd, ...Array.from({ length: 1_025 }, () => "x"))).toBe(-errno.inval);
  });

  test("to a file that is open for reading only is refused and recorded", () => {
    const { program } = withFile("kept");
    const reader = program.open("file", { how: 0, rights: 2n });
    expect(program.write(reader, "x")).toBe(-errno.badf);
    program.fixture.fs.commit();
    expect(program.events.at(-1)).toMatchObject({ kind: "fail", error: "bad-descriptor" });
  });

  test("past the end leaves zeros before it", () => {
    const { program, fd } = withFile("ab");
    seek(program, fd, 4n, whence.set);
    program.write(fd, "c");
    expect(program.content("file")).toBe("ab\0\0c");
  });

  test("at a given offset moves nothing", () => {
    const { program, fd } = withFile("abcd");
    const vectors = program.vectors(program.put("XY"));
    expect(program.calls.fd_pwrite(fd, ...vectors, 1n, program.room(4))).toBe(0);
    expect(program.content("file")).toBe("aXYd");
    expect(tell(program, fd)).toBe(0n);
  });

  test("uses memory that has grown since", () => {
    const { program, fd } = withFile("");
    program.grow(1);
    expect(program.write(fd, "after")).toBe(5);
    expect(program.content("file")).toBe("after");
  });
});

describe("a file that is open for appending", () => {
  test("is written at its end, wherever another left it", () => {
    const { program, fd } = withFile("start");
    const log = program.open("file", { flags: append });
    program.write(log, "1");
    seek(program, fd, 0n, whence.end);
    program.write(fd, "2");
    program.write(log, "3");
    expect(program.content("file")).toBe("start123");
    expect(tell(program, log)).toBe(8n);
  });

  test("is appended to by a write at an offset too", () => {
    const { program } = withFile("start");
    const log = program.open("file", { flags: append });
    program.calls.fd_pwrite(log, ...program.vectors(program.put("!")), 0n, program.room(4));
    expect(program.content("file")).toBe("start!");
  });

  test("is one when its flags are set, and none when they are taken back", () => {
    const { program, fd } = withFile("start");
    expect(program.calls.fd_fdstat_set_flags(fd, append | nonBlock)).toBe(0);
    program.write(fd, "!");
    expect(program.calls.fd_fdstat_set_flags(fd, 0)).toBe(0);
    seek(program, fd, 0n, whence.set);
    program.write(fd, "S");
    expect(program.content("file")).toBe("Start!");
    expect(program.calls.fd_fdstat_set_flags(fd, 2)).toBe(errno.inval);
  });
});

describe("a read", () => {
  test("fills one place after the other, to the end", () => {
    const { program, fd } = withFile("abcdefg");
    expect(program.read(fd, 2, 0, 3)).toBe("abcde");
    expect(program.read(fd, 2, 3)).toBe("fg");
    expect(program.read(fd, 2)).toBe("");
  });

  test("gives as much as is asked for, up to the limit on calls", () => {
    const { program, fd } = withFile("x".repeat(200_000), { pages: 100 });
    expect(program.read(fd, 200_000)).toHaveLength(200_000);
    const small = withFile("x".repeat(100), { limits: { "call-bytes": 60 } });
    small.program.write(small.fd, "x".repeat(60));
    seek(small.program, small.fd, 0n, whence.set);
    expect(small.program.read(small.fd, 40, 40)).toHaveLength(60);
  });

  test("is one event where reads are recorded", () => {
    const { program, fd } = withFile("abcdef", { accesses: "record" });
    program.read(fd, 2, 2);
    expect(program.events.filter(({ kind }) => kind === "read")).toMatchObject([
      { offset: 0, length: 4 },
    ]);
  });

  test("at a given offset moves nothing, and is refused below 0", () => {
    const { program, fd } = withFile("abcdef");
    const place = program.room(8);
    const vectors = program.vectors([place, 3]);
    expect(program.calls.fd_pread(fd, ...vectors, 2n, program.room(4))).toBe(0);
    expect(program.text(place, 3)).toBe("cde");
    expect(tell(program, fd)).toBe(0n);
    expect(program.calls.fd_pread(fd, ...vectors, -1n, program.room(4))).toBe(errno.inval);
  });

  test("of a file that is open for writing only, or of a directory, is refused", () => {
    const { program } = withFile("x");
    expect(program.read(program.open("file", { rights: 0x40n }), 1)).toBe(errno.badf);
    expect(program.read(3, 1)).toBe(errno.badf);
  });
});

describe("a position", () => {
  test("is set, moved and counted from the end", () => {
    const { program, fd } = withFile("0123456789");
    expect(seek(program, fd, 4n, whence.set)).toBe(4n);
    expect(seek(program, fd, 3n, whence.current)).toBe(7n);
    expect(seek(program, fd, -2n, whence.end)).toBe(8n);
    expect(program.read(fd, 5)).toBe("89");
    expect(tell(program, fd)).toBe(10n);
  });

  test.each([
    ["below 0", -1n, whence.set],
    ["below 0 from the end", -11n, whence.end],
    ["beyond the largest", 2n ** 63n - 5n, whence.end],
    ["from nowhere", 0n, 3],
  ])("%s is refused and changes nothing", (_name, offset, from) => {
    const { program, fd } = withFile("0123456789");
    seek(program, fd, 6n, whence.set);
    expect(seek(program, fd, offset, from)).toBe(BigInt(-errno.inval));
    expect(tell(program, fd)).toBe(6n);
  });

  test("far away is kept to the byte, has nothing to read, and takes no write", () => {
    const { program, fd } = withFile("x");
    const far = 2n ** 62n + 1n;
    expect(seek(program, fd, far, whence.set)).toBe(far);
    expect(program.read(fd, 4)).toBe("");
    expect(program.write(fd, "x")).toBe(-errno.fbig);
    expect(seek(program, fd, 2n, whence.current)).toBe(far + 2n);
    expect(seek(program, fd, -far - 2n, whence.current)).toBe(0n);
    expect(program.read(fd, 4)).toBe("x");
  });
});

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
