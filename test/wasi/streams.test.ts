import { error, poll, streams } from "@bytecodealliance/preview2-shim/io";
import { monotonicClock } from "@bytecodealliance/preview2-shim/clocks";
import { stdout } from "@bytecodealliance/preview2-shim/cli";
import { describe, expect, test, vi } from "vitest";

import { firstPreopen, openFilesystem } from "../support/filesystem.ts";
import { bytesOf, open, put, textAt, textOf } from "../support/wasi/guest.ts";
import { codeOf, outcomeOf } from "../support/wasi/outcome.ts";

const permit = 1_048_576;

describe("read-via-stream", () => {
  test("reads from its offset on, then is closed", () => {
    const { root, wasi } = openFilesystem();
    const stream = put(root, "f", "abcdef").readViaStream(2n);
    expect(stream.read(2n)).toEqual(bytesOf("cd"));
    expect(stream.blockingRead(100n)).toEqual(bytesOf("ef"));
    expect(outcomeOf(() => stream.read(1n), wasi.types)).toEqual({ error: "closed" });
    expect(outcomeOf(() => stream.blockingRead(1n), wasi.types)).toEqual({ error: "closed" });
    expect(stream.read(0n)).toEqual(bytesOf(""));
  });

  test("starts lazily, and gives what is appended behind its end", () => {
    const { root, wasi } = openFilesystem();
    const file = put(root, "f");
    const stream = file.readViaStream(3n);
    expect(outcomeOf(() => stream.read(1n), wasi.types)).toEqual({ error: "closed" });
    file.write(bytesOf("abcdef"), 0n);
    expect(stream.read(10n)).toEqual(bytesOf("def"));
  });

  test.each([0n, 2n ** 53n, 2n ** 64n - 1n])("past the end, at %d, is closed", (offset) => {
    const { root, wasi } = openFilesystem();
    const stream = put(root, "f").readViaStream(offset);
    expect(stream.read(0n)).toEqual(bytesOf(""));
    expect(stream.skip(0n)).toBe(0n);
    expect(outcomeOf(() => stream.read(1n), wasi.types)).toEqual({ error: "closed" });
    expect(outcomeOf(() => stream.skip(1n), wasi.types)).toEqual({ error: "closed" });
  });

  test("gives at most 64 KiB a read", () => {
    const { root } = openFilesystem();
    const stream = put(root, "f", "x".repeat(70_000)).readViaStream(0n);
    expect(stream.read(2n ** 64n - 1n).length).toBe(65_536);
    expect(stream.blockingRead(2n ** 64n - 1n).length).toBe(70_000 - 65_536);
  });

  test("skips", () => {
    const { root } = openFilesystem();
    const stream = put(root, "f", "abcdef").readViaStream(0n);
    expect(stream.skip(2n)).toBe(2n);
    expect(stream.blockingSkip(1n)).toBe(1n);
    expect(stream.read(1n)).toEqual(bytesOf("d"));
    expect(stream.skip(2n ** 64n - 1n)).toBe(2n);
  });

  test("is refused for a directory", () => {
    const { root } = openFilesystem();
    expect(codeOf(() => root.readViaStream(0n))).toBe("is-directory");
  });

  test("of a file that was not opened for reading fails at the first read, then is closed", () => {
    const { root, wasi } = openFilesystem();
    put(root, "f", "text");
    const stream = open(root, "f", { write: true }).readViaStream(0n);
    expect(outcomeOf(() => stream.read(1n), wasi.types)).toEqual({
      error: "last-operation-failed: bad-descriptor",
    });
    expect(outcomeOf(() => stream.read(0n), wasi.types)).toEqual({ error: "closed" });
    expect(outcomeOf(() => stream.skip(0n), wasi.types)).toEqual({ error: "closed" });
  });

  test("outlives its descriptor and the file's last name", () => {
    const { root } = openFilesystem();
    const file = put(root, "f", "text");
    const stream = file.readViaStream(0n);
    file[Symbol.dispose]();
    root.unlinkFileAt("f");
    expect(stream.read(10n)).toEqual(bytesOf("text"));
  });
});

describe("write-via-stream", () => {
  test("writes from its offset on, visible at once", () => {
    const { root } = openFilesystem();
    const file = put(root, "f", "abc");
    const stream = file.writeViaStream(5n);
    expect(file.stat().size).toBe(3n);
    expect(stream.checkWrite()).toBe(BigInt(permit));
    stream.write(bytesOf("XY"));
    expect(textOf(file)).toBe("abc\0\0XY");
    stream.blockingWriteAndFlush(bytesOf("Z"));
    expect(textOf(file)).toBe("abc\0\0XYZ");
    stream.flush();
    stream.blockingFlush();
  });

  test("permits no more at once than a call may write", () => {
    const { root, wasi } = openFilesystem({ limits: { "call-bytes": 10 } });
    const stream = put(root, "f", "abc").writeViaStream(0n);
    expect(stream.checkWrite()).toBe(10n);
    stream.write(bytesOf("0123456789"));
    expect(() => outcomeOf(() => stream.write(bytesOf("x")), wasi.types)).toThrow(
      "write of more bytes than check-write permitted",
    );
  });

  test("writes zeros", () => {
    const { root } = openFilesystem();
    const file = put(root, "f", "abcdef");
    const stream = file.writeViaStream(1n);
    stream.checkWrite();
    stream.writeZeroes(2n);
    stream.blockingWriteZeroesAndFlush(1n);
    expect(textOf(file)).toBe("a\0\0\0ef");
  });

  test("of nothing changes nothing", () => {
    const { root } = openFilesystem();
    const file = put(root, "f");
    file.writeViaStream(10n).blockingWriteAndFlush(bytesOf(""));
    expect(file.stat().size).toBe(0n);
  });

  test("is refused for a directory and in a read-only preopen", () => {
    const { root, serve } = openFilesystem();
    put(root, "f");
    const frozen = firstPreopen(serve({ preopens: [{ path: "/", access: "read-only" }] }));
    for (const name of ["writeViaStream", "appendViaStream"] as const) {
      expect(codeOf(() => root[name](0n))).toBe("bad-descriptor");
      expect(codeOf(() => open(frozen, "f")[name](0n))).toBe("not-permitted");
    }
  });

  test("of a file that was not opened for writing fails at the first write, then is closed", () => {
    const { root, wasi } = openFilesystem();
    put(root, "f", "text");
    const calls = ["write", "blockingWriteAndFlush"] as const;
    for (const call of calls) {
      const stream = open(root, "f").writeViaStream(0n);
      expect(stream.checkWrite()).toBe(BigInt(permit));
      expect(outcomeOf(() => stream[call](bytesOf("x")), wasi.types)).toEqual({
        error: "last-operation-failed: bad-descriptor",
      });
      for (const later of [
        () => stream.checkWrite(),
        () => stream.write(bytesOf("")),
        () => stream.blockingWriteAndFlush(bytesOf("")),
        () => stream.flush(),
        () => stream.blockingFlush(),
        () => stream.writeZeroes(0n),
        () => stream.blockingWriteZeroesAndFlush(0n),
        () => stream.splice(open(root, "f").readViaStream(0n), 1n),
        () => stream.blockingSplice(open(root, "f").readViaStream(0n), 1n),
      ])
        expect(outcomeOf(later, wasi.types)).toEqual({ error: "closed" });
    }
    expect(textAt(root, "f")).toBe("text");
  });

  test("beyond any file fails with file-too-large", () => {
    const { root, wasi } = openFilesystem();
    const file = put(root, "f");
    for (const offset of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      const stream = file.writeViaStream(offset);
      expect(outcomeOf(() => stream.write(bytesOf("x")), wasi.types)).toEqual({
        error: "last-operation-failed: file-too-large",
      });
    }
  });

  test("traps for more than was permitted", () => {
    const { root } = openFilesystem();
    const stream = put(root, "f").writeViaStream(0n);
    stream.checkWrite();
    expect(() => stream.write(new Uint8Array(permit + 1))).toThrow(trapOf("write of more"));
    stream.write(new Uint8Array(permit));
    expect(() => stream.write(new Uint8Array(1))).toThrow(trapOf("write of more"));
    stream.checkWrite();
    expect(() => stream.writeZeroes(2n ** 64n - 1n)).toThrow(trapOf("write-zeroes of more"));
    expect(() => stream.blockingWriteAndFlush(new Uint8Array(4_097))).toThrow(trapOf("4096"));
    expect(() => stream.blockingWriteZeroesAndFlush(4_097n)).toThrow(trapOf("4096"));
    stream.blockingWriteAndFlush(new Uint8Array(4_096));
    expect(open(root, "f").stat().size).toBe(BigInt(permit + 4_096));
  });
});

describe("append-via-stream", () => {
  test("writes to the end as it then is, so that several lose nothing", () => {
    const { root } = openFilesystem();
    const file = put(root, "f", "start ");
    const streams = [file.appendViaStream(), open(root, "f", { write: true }).appendViaStream()];
    for (let round = 0; round < 3; round += 1)
      for (const [index, stream] of streams.entries())
        stream.blockingWriteAndFlush(bytesOf(`${index}${round} `));
    file.setSize(file.stat().size - 1n);
    streams[0]?.blockingWriteAndFlush(bytesOf("!"));
    expect(textOf(file)).toBe("start 00 10 01 11 02 12!");
  });
});

describe("a stream", () => {
  test("is one of preview2-shim's", () => {
    const { root } = openFilesystem();
    const file = put(root, "f");
    expect(file.readViaStream(0n)).toBeInstanceOf(streams.InputStream);
    expect(file.writeViaStream(0n)).toBeInstanceOf(streams.OutputStream);
    expect(file.appendViaStream()).toBeInstanceOf(streams.OutputStream);
  });

  test("counts as a descriptor until it is dropped", () => {
    const { root } = openFilesystem({ limits: { descriptors: 3 } });
    const file = put(root, "f");
    for (const make of [
      () => file.readViaStream(0n),
      () => file.writeViaStream(0n),
      () => file.appendViaStream(),
      () => root.readDirectory(),
    ]) {
      const stream = make();
      expect(codeOf(make)).toBe("insufficient-memory");
      stream[Symbol.dispose]();
      make()[Symbol.dispose]();
    }
  });

  test("has pollables that are ready, alone and among others", () => {
    const { root } = openFilesystem();
    const file = put(root, "f");
    const mine = [file.readViaStream(0n).subscribe(), file.writeViaStream(0n).subscribe()];
    for (const pollable of mine) expect(pollable).toBeInstanceOf(poll.Pollable);
    const never = monotonicClock.subscribeDuration(10n ** 15n);
    const mixed = [never, ...mine] as Parameters<typeof poll.poll>[0];
    expect([...poll.poll(mixed)]).toEqual([1, 2]);
    for (const pollable of mixed) (pollable as unknown as Disposable)[Symbol.dispose]();
  });

  test("takes its pollables from the guest's own wasi:io/poll where there is one", () => {
    const pollable = {};
    const { root } = openFilesystem({ readyPollable: () => pollable });
    expect(put(root, "f").readViaStream(0n).subscribe()).toBe(pollable);
  });

  test("gives no more pollables than descriptors are allowed, until they are dropped", () => {
    const { root } = openFilesystem({
      limits: { descriptors: 3 },
      readyPollable: () => ({ ready: () => true, block: () => undefined }),
    });
    const stream = put(root, "f").readViaStream(0n);
    const [first] = [stream.subscribe(), stream.subscribe(), stream.subscribe()];
    expect(() => stream.subscribe()).toThrow(trapOf("too many pollables"));
    for (let drop = 0; drop < 2; drop += 1)
      (first as unknown as Partial<Disposable>)[Symbol.dispose]?.();
    stream.subscribe();
    expect(() => stream.subscribe()).toThrow(trapOf("too many pollables"));
  });

  test("has no code for an error that is not of a file", () => {
    const { wasi } = openFilesystem();
    const other = new (error.Error as unknown as new (payload: string) => Error)("of a socket");
    expect(
      wasi.types.filesystemErrorCode(Object.assign(other, { toDebugString: () => "" })),
    ).toBeUndefined();
  });
});

describe("splice", () => {
  test.each(["splice", "blockingSplice"] as const)("by %s moves from file to file", (splice) => {
    const { root, wasi } = openFilesystem();
    const source = put(root, "f", "abcdef").readViaStream(1n);
    const target = put(root, "g");
    const sink = target.appendViaStream();
    expect(sink[splice](source, 3n)).toBe(3n);
    expect(sink[splice](source, 0n)).toBe(0n);
    expect(sink[splice](source, 2n ** 64n - 1n)).toBe(2n);
    expect(textOf(target)).toBe("bcdef");
    expect(outcomeOf(() => sink[splice](source, 1n), wasi.types)).toEqual({ error: "closed" });
    sink.blockingWriteAndFlush(bytesOf("!"));
    expect(textOf(target)).toBe("bcdef!");
  });

  test("takes nothing from its source when it may not write", () => {
    const { root, wasi } = openFilesystem();
    const source = put(root, "f", "abcdef").readViaStream(0n);
    const sink = open(root, "f").writeViaStream(0n);
    expect(outcomeOf(() => sink.splice(source, 3n), wasi.types)).toEqual({
      error: "last-operation-failed: bad-descriptor",
    });
    expect(source.read(1n)).toEqual(bytesOf("a"));
  });

  test.each(["splice", "blockingSplice"] as const)(
    "by %s goes from a file to a stream of preview2-shim's",
    (splice) => {
      const { root } = openFilesystem();
      const source = put(root, "f", "printed").readViaStream(0n);
      const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
      try {
        const sink = stdout.getStdout();
        expect(sink[splice](source as unknown as Parameters<typeof sink.splice>[0], 100n)).toBe(7n);
        expect(write).toHaveBeenCalledWith(bytesOf("printed"));
      } finally {
        write.mockRestore();
      }
    },
  );

  test("goes from a stream of preview2-shim's to a file", () => {
    const { root } = openFilesystem();
    class Source extends (streams.InputStream as unknown as new () => object) {
      read = () => bytesOf("given");
      blockingRead = () => bytesOf("given");
    }
    const file = put(root, "f");
    const sink = file.appendViaStream();
    const source = new Source() as unknown as Parameters<typeof sink.splice>[0];
    expect(sink.splice(source, 5n)).toBe(5n);
    expect(sink.blockingSplice(source, 5n)).toBe(5n);
    expect(textOf(file)).toBe("givengiven");
  });
});

function trapOf(text: string): Error {
  return expect.objectContaining({ name: "RuntimeError", message: expect.stringContaining(text) });
}
