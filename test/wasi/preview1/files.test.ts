import { describe, expect, test } from "vitest";
import { Program } from "../../support/wasi/preview1.ts";
import { append, errno, nonBlock, seek, whence, withFile } from "./with-file.ts";

const MiB = 1024 * 1024;

function writesIn(program: Program): readonly (readonly [number, number])[] {
  return program.events.flatMap((event) =>
    event.kind === "write" ? [[event.offset, event.length] as const] : [],
  );
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
