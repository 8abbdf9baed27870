import { describe, expect, test } from "vitest";

import { Program } from "../../support/wasi/preview1.ts";

const errno = { badf: 8, inval: 28, notsock: 57, notsup: 58 };

describe("what a program finds", () => {
  test.each(["args", "environ"] as const)("in its %s ends with a NUL each", (which) => {
    const program = new Program({
      surroundings: { args: ["prog", "ü"], environment: [["A", "1"]] },
    });
    const { calls } = program;
    const [count, size] = [program.room(4), program.room(4)];
    const [sizes, get] =
      which === "args"
        ? [calls.args_sizes_get, calls.args_get]
        : [calls.environ_sizes_get, calls.environ_get];
    expect(sizes(count, size)).toBe(0);
    const list = program.room(8);
    const buffer = program.room(16);
    expect(get(list, buffer)).toBe(0);
    const found = {
      count: program.view.getUint32(count, true),
      text: program.text(buffer, program.view.getUint32(size, true)),
      second: program.view.getUint32(list + 4, true) - buffer,
    };
    expect(found).toEqual(
      which === "args"
        ? { count: 2, text: "prog\0ü\0", second: 5 }
        : { count: 1, text: "A=1\0", second: -buffer },
    );
  });

  test("on its clocks is time and how exact it is", () => {
    const program = new Program();
    const at = program.room(8);
    const read = () => program.view.getBigUint64(at, true);
    const { calls, fixture } = program;
    expect([calls.clock_time_get(0, 0n, at), read()]).toEqual([0, fixture.clock.time]);
    expect([calls.clock_time_get(1, 0n, at), read()]).toEqual([0, 1_000n]);
    expect([calls.clock_res_get(0, at), read()]).toEqual([0, 1_000n]);
    expect([calls.clock_res_get(1, at), read()]).toEqual([0, 1n]);
    expect([calls.clock_res_get(4, at), calls.clock_time_get(-1, 0n, at)]).toEqual([28, 28]);
    expect([calls.clock_res_get(2, at), calls.clock_time_get(3, 0n, at)]).toEqual([
      errno.badf,
      errno.badf,
    ]);
  });

  test("is chance, where it asked for it and nowhere else", () => {
    const program = new Program();
    const at = program.room(8);
    expect(program.calls.random_get(at + 1, 3)).toBe(0);
    expect([...new Uint8Array(program.memory.buffer, at, 6)]).toEqual([0, 7, 7, 7, 0, 0]);
  });

  test("is no network", () => {
    const { calls } = new Program();
    for (const [fd, error] of [
      [3, errno.notsock],
      [77, errno.badf],
    ] as const) {
      expect(calls.sock_accept(fd, 0, 16)).toBe(error);
      expect(calls.sock_recv(fd, 16, 0, 0, 16, 16)).toBe(error);
      expect(calls.sock_send(fd, 16, 0, 0, 16)).toBe(error);
      expect(calls.sock_shutdown(fd, 0)).toBe(error);
    }
  });

  test("is an end with a code of eight bits, and no signals", () => {
    const { calls } = new Program();
    expect(() => calls.proc_exit(0x1_03)).toThrow("exit 3");
    expect(calls.proc_raise(9)).toBe(errno.notsup);
    expect(calls.sched_yield()).toBe(0);
  });
});

type Wanted =
  | { readonly clock: number; readonly timeout: bigint; readonly absolute?: boolean }
  | { readonly fd: number; readonly does: "read" | "write" };

/** Returns the events of poll_oneoff, or the number of an error. `inPlace`: events overwrite the subscriptions. */
function poll(program: Program, wanted: readonly Wanted[], { inPlace = false } = {}) {
  const list = program.room(48 * wanted.length);
  wanted.forEach((one, index) => {
    const at = list + 48 * index;
    const { view } = program;
    view.setBigUint64(at, BigInt(100 + index), true);
    if ("clock" in one) {
      view.setUint32(at + 16, one.clock, true);
      view.setBigUint64(at + 24, one.timeout, true);
      view.setUint16(at + 40, one.absolute === true ? 1 : 0, true);
    } else {
      view.setUint8(at + 8, one.does === "read" ? 1 : 2);
      view.setUint32(at + 16, one.fd, true);
    }
  });
  const events = inPlace ? list : program.room(32 * wanted.length);
  const count = program.room(4);
  const error = program.calls.poll_oneoff(list, events, wanted.length, count);
  if (error !== 0) return error;
  return Array.from({ length: program.view.getUint32(count, true) }, (_, index) => {
    const at = events + 32 * index;
    return {
      userdata: Number(program.view.getBigUint64(at, true)),
      error: program.view.getUint16(at + 8, true),
      type: program.view.getUint8(at + 10),
      bytes: Number(program.view.getBigUint64(at + 16, true)),
      hangup: program.view.getUint16(at + 24, true),
    };
  });
}

const nothing = { error: 0, bytes: 0, hangup: 0 };

describe("a wait", () => {
  test("ends with the nearest clock", () => {
    const program = new Program();
    const later = { clock: 1, timeout: 5_000n };
    expect(poll(program, [later, { clock: 1, timeout: 2_000n }])).toEqual([
      { userdata: 101, type: 0, ...nothing },
    ]);
    expect(program.monotonic).toBe(3_000n);
    expect(poll(program, [{ ...later, absolute: true }, later])).toMatchObject([{ userdata: 100 }]);
    expect(program.monotonic).toBe(5_000n);
  });

  test("for a time of day ends when that is", () => {
    const program = new Program();
    const timeout = program.fixture.clock.time + 700n;
    expect(poll(program, [{ clock: 0, timeout, absolute: true }])).toHaveLength(1);
    expect(program.monotonic).toBe(1_700n);
    expect(poll(program, [{ clock: 0, timeout: 1n, absolute: true }])).toHaveLength(1);
    expect(program.monotonic).toBe(1_700n);
  });

  test("for files and standard streams is over at once", () => {
    const program = new Program();
    const fd = program.open("file");
    program.write(fd, "abc");
    program.calls.fd_seek(fd, 1n, 0, program.room(8));
    const wanted = [
      { fd, does: "read" },
      { fd, does: "write" },
      { fd: 0, does: "read" },
      { fd: 1, does: "write" },
      { clock: 1, timeout: 10n },
    ] as const;
    const expected = [
      { userdata: 100, type: 1, ...nothing, bytes: 2 },
      { userdata: 101, type: 2, ...nothing, bytes: 1 },
      { userdata: 102, type: 1, ...nothing, bytes: 1 },
      { userdata: 103, type: 2, ...nothing, bytes: 1 },
    ];
    expect(poll(program, wanted)).toEqual(expected);
    expect(poll(program, wanted, { inPlace: true })).toEqual(expected);
    program.calls.fd_seek(fd, 9n, 0, program.room(8));
    expect(poll(program, [{ fd, does: "read" }])).toMatchObject([{ bytes: 0, hangup: 1 }]);
  });

  test("for input that has not come ends at the deadline", () => {
    const stdin = { isReady: () => false, take: () => undefined };
    const program = new Program({ surroundings: { stdin } });
    expect(
      poll(program, [
        { fd: 0, does: "read" },
        { clock: 1, timeout: 10n },
      ]),
    ).toMatchObject([{ userdata: 101 }]);
  });

  test("for what cannot be is refused", () => {
    const program = new Program({ limits: { descriptors: 4 } });
    expect(poll(program, [])).toBe(errno.inval);
    expect(poll(program, [{ clock: 2, timeout: 0n }])).toBe(errno.inval);
    for (const [fd, does] of [
      [0, "write"],
      [1, "read"],
      [3, "read"],
      [55, "read"],
    ] as const)
      expect(poll(program, [{ fd, does }])).toBe(errno.badf);
    const many = Array.from({ length: 9 }, () => ({ clock: 1, timeout: 0n }));
    expect(poll(program, many)).toBe(errno.inval);
    expect(poll(program, many.slice(1))).toHaveLength(8);
  });
});
