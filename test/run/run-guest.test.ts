import { Readable } from "node:stream";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { profiles } from "../../src/fs/index.ts";
import { sectionId, sections, unsigned, withContent } from "../../src/run/wasm/sections.ts";
import { Workplace, guests, run } from "./support.ts";
import { some } from "../support/some.ts";

/** Adds so many empty memories to the module, which has one. */
function withMoreMemories(module: Uint8Array<ArrayBuffer>, count: number): Uint8Array {
  const [memory] = [...sections(module)].filter(({ id }) => id === sectionId.memory);
  if (memory === undefined) throw new Error("the module has no memory");
  const first = module.subarray(memory.contentStart + 1, memory.end);
  const others = Array.from({ length: count }, () => [0, 0]).flat();
  return withContent(module, memory, [...unsigned(BigInt(count + 1)), ...first, ...others]);
}

describe("how a guest ends", () => {
  test.each(some([0, 1, 42, 255], 4))("exit code %i passes through", async (code) => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.files, ["exit", String(code)]);
    expect(ran.outcome).toEqual({ kind: "exited", exit: code });
  });

  test("a component whose run fails exits with 1", async () => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.direct(), ["no such case"]);
    expect(ran.outcome).toEqual({ kind: "exited", exit: 1 });
  });

  test("a trap gives 134, its text, and the guest's own functions by name", async () => {
    using workplace = new Workplace();
    const { outcome } = await run(workplace, guests.files, ["crash"]);
    expect(outcome).toMatchObject({
      kind: "trapped",
      exit: 134,
      reason: "memory access out of bounds",
    });
    expect(
      outcome.kind === "trapped" && outcome.trap.stack.map((frame) => frame.replace(/ at .*/, "")),
    ).toEqual([
      "crash_here",
      "main",
      "__main_void",
      "__original_main",
      "_start",
      "_start.command_export",
    ]);
  });

  test.each([
    [
      "writes more than it may at once",
      "overfill",
      "blocking-write-and-flush of more than 4096 bytes",
    ],
    ["makes up a handle", "wrong-handle", "unknown handle of a pollable"],
  ])("a guest that %s is trapped, and the host is not blamed", async (_name, which, reason) => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.direct(), [which]);
    expect(ran.outcome).toMatchObject({ kind: "trapped", exit: 134, reason });
    expect(ran.stdout).toBe("");
  });

  test("a guest that throws what it does not catch is trapped, and the host is not blamed", async () => {
    using workplace = new Workplace();
    const guest = workplace.path("throws.wasm");
    // (import "wasi_snapshot_preview1" "fd_close" …) (tag $e) (func (export "_start") (throw $e))
    const module =
      "AGFzbQEAAAABCQJgAX8Bf2AAAAIjARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX2Nsb3NlAAADAgEBBQMBAAENAwEAAQcTAgZtZW1vcnkCAAZfc3RhcnQAAQoGAQQACAAL";
    writeFileSync(guest, Buffer.from(module, "base64"));
    const { outcome } = await run(workplace, guest);
    expect(outcome).toMatchObject({
      kind: "trapped",
      exit: 134,
      reason: "an exception of its own that it did not catch",
    });
  });

  test("a module with more memories than there is room for is trapped, and the host is not blamed", async () => {
    using workplace = new Workplace();
    const guest = workplace.path("guest.wasm");
    writeFileSync(guest, withMoreMemories(readFileSync(guests.files), 30_000));
    const ran = await run(workplace, guest, ["exit", "0"], {
      limits: { ...profiles.default, memory: 2 ** 36 },
    });
    expect(ran.outcome).toMatchObject({
      kind: "trapped",
      exit: 134,
      reason: expect.stringContaining("Out of memory") as string,
    });
  });

  test("a loop without host calls ends when its time is up", async () => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.files, ["spin"], { timeoutSeconds: 0.2 });
    expect(ran.outcome).toEqual({ kind: "stopped", exit: 124, reason: "timeout" });
  });

  test("a guest that never stops printing ends when its time is up", async () => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.files, ["acknowledge"], {
      timeoutSeconds: 0.3,
      stdout: "ignore",
    });
    expect(ran.outcome).toEqual({ kind: "stopped", exit: 124, reason: "timeout" });
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("a sleeping guest ends at once on %s", async (reason, exit) => {
    using workplace = new Workplace();
    const abort = new AbortController();
    const ran = await run(workplace, guests.files, ["sleep"], {
      signal: abort.signal,
      stdout: () => abort.abort(reason),
    });
    expect(ran.outcome).toEqual({ kind: "stopped", exit, reason: "interrupted" });
  });

  test("a guest that waits for input that never comes ends at once", async () => {
    using workplace = new Workplace();
    const abort = new AbortController();
    const silent = new Readable({ read: () => abort.abort("SIGINT") });
    const ran = await run(workplace, guests.files, ["cat"], {
      signal: abort.signal,
      stdin: silent,
    });
    expect(ran.outcome).toEqual({ kind: "stopped", exit: 130, reason: "interrupted" });
  });

  test("a guest that is stopped before it starts ends so", async () => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.files, ["spin"], {
      signal: AbortSignal.abort("SIGTERM"),
    });
    expect(ran.outcome).toMatchObject({ kind: "stopped", exit: 143 });
  });

  test("a guest that is held makes no host call until it is resumed", async () => {
    using workplace = new Workplace();
    let state = "held";
    const states = new Set<string>();
    const ran = await run(workplace, guests.files, ["acknowledge", "50"], {
      onStart: (_run, controller) => {
        setImmediate(() => {
          state = "resumed";
          controller.resume();
        });
        return "hold";
      },
      stdout: () => void states.add(state),
    });
    expect(ran.outcome).toEqual({ kind: "exited", exit: 0 });
    expect([...states]).toEqual(["resumed"]);
  });

  test("memory ends at the limit, and the guest is told", async () => {
    using workplace = new Workplace();
    const limits = { ...profiles.default, memory: 32 * 1024 * 1024 };
    const ran = await run(workplace, guests.files, ["grow", "100"], { limits });
    const taken = Number(/taken: (\d+) MiB/.exec(ran.stdout)?.[1]);
    expect(taken).toBeGreaterThan(24);
    expect(taken).toBeLessThan(32);
  });
});

describe("what a guest sees of its caller", () => {
  test("is the environment that was given, and nothing of the host's", async () => {
    using workplace = new Workplace();
    const environment = new Map([
      ["FIRST", "1"],
      ["SECOND", "two words"],
    ]);
    const ran = await run(workplace, guests.direct(), ["environment"], { environment });
    expect(ran.stdout).toBe("variables: 2\nFIRST=1\nSECOND=two words\n");
  });

  test("is no network", async () => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.direct(), ["network"]);
    expect(ran.stdout).toBe("tcp: 1\nudp: 1\n");
  });

  test.each(["0.2.0", "0.2.3", "0.2.12"] as const)(
    "is WASI %s when it asks for that",
    async (version) => {
      using workplace = new Workplace();
      const ran = await run(workplace, guests.direct(version), ["hello"]);
      expect(ran.stdout).toBe("hello\n");
    },
  );

  test("is time that passes: a wait ends, the nearer one first", async () => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.direct(), ["wait"]);
    expect(ran.stdout).toBe("ready: 1\nwhich: 1\n");
  });
});

describe("stdout", () => {
  test("of a guest that is faster than its reader waits, and comes whole", async () => {
    using workplace = new Workplace();
    const stdin = new Uint8Array(6_000_000).fill(0x61);
    let read = 0;
    const ran = await run(workplace, guests.files, ["cat"], {
      stdin,
      stdout: (bytes) => {
        read += bytes.length;
        for (let turn = 0; turn < 20_000; turn++);
      },
    });
    expect(read).toBe(stdin.length);
    expect(ran.outcome).toEqual({ kind: "exited", exit: 0 });
  });
});

describe("stdin", () => {
  test("reaches the guest byte by byte, to the end", async () => {
    using workplace = new Workplace();
    const stdin = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256);
    const chunks: Uint8Array[] = [];
    const ran = await run(workplace, guests.files, ["cat"], {
      stdin,
      stdout: (bytes) => void chunks.push(bytes),
    });
    expect(ran.stderr).toBe("copied: 300000\n");
    expect(Buffer.concat(chunks).equals(stdin)).toBe(true);
  });

  test("wakes a guest that waits for it", async () => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.direct(), ["wait-for-input"], {
      stdin: Readable.from([Buffer.from("x")]),
    });
    expect(ran.stdout).toBe("input\n");
  });

  test("that fails is at its end", async () => {
    using workplace = new Workplace();
    const stdin = new Readable({ read: () => stdin.destroy(new Error("gone")) });
    const ran = await run(workplace, guests.files, ["cat"], { stdin });
    expect(ran.stderr).toBe("copied: 0\n");
  });
});

describe("a file that is no guest", () => {
  test("is missing", async () => {
    using workplace = new Workplace();
    await expect(run(workplace, workplace.path("none.wasm"))).rejects.toMatchObject({
      name: "RunError",
      code: "missing",
    });
  });

  test.each([
    ["text", Buffer.from("print('hello')")],
    ["an empty file", Buffer.from("")],
    ["a module without imports", Buffer.from("0061736d01000000", "hex")],
    ["half a module", Buffer.from("0061736d010000000204", "hex")],
    ["half a component", Buffer.from("0061736d0d0001000704", "hex")],
  ])("is not runnable: %s", async (_name, bytes) => {
    using workplace = new Workplace();
    const guest = workplace.path("guest.wasm");
    writeFileSync(guest, bytes);
    await expect(run(workplace, guest)).rejects.toMatchObject({
      name: "RunError",
      code: "not-runnable",
    });
  });
});
