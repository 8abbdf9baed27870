import { randomFillSync } from "node:crypto";
import { basename } from "node:path";

import type { FileSystem } from "../fs/index.ts";
import { type Preview1Call, type Surroundings, createPreview1 } from "../wasi/index.ts";
import { monotonicNow, monotonicResolution, wallNanoseconds, wallResolution } from "./clocks.ts";
import { guard } from "./guard.ts";
import type { GuestModule } from "./guest.ts";
import { type GuestThread, sinkOf, sourceOf } from "./guest-thread.ts";
import { outcomeOf } from "./outcome.ts";
import type { Served } from "./recording.ts";
import type { signatures } from "./signatures.ts";
import { Outlet } from "./standard-output.ts";
import { waitUntil } from "./wait.ts";
import { type WasmMemory, webAssembly } from "./web-assembly.ts";
import type { Start } from "./worker-protocol.ts";

/** Gives a filesystem to a program of preview 1: a core module, which is run as it is. */
export function serveModule(
  fs: FileSystem,
  guest: GuestModule,
  start: Start,
  thread: GuestThread,
): Served {
  const { checkpoint, ending } = thread;
  const { preopens } = start.recording;
  const preview1 = createPreview1(fs, { preopens }, surroundingsOf(guest, start, thread));
  const functions: Readonly<Record<keyof typeof signatures, Preview1Call>> = preview1.functions;
  const run = (): void => {
    const imports = Object.fromEntries(
      Object.entries(functions).map(([name, call]) => [name, guard(call, checkpoint, ending)]),
    );
    const { exports } = new webAssembly.Instance(guest.module, { wasi_snapshot_preview1: imports });
    const { memory, _start } = exports;
    if (!isMemory(memory) || typeof _start !== "function")
      throw new Error(`${guest.name} lacks what it was found to export`);
    preview1.attach(memory);
    Reflect.apply(_start, undefined, []);
  };
  return {
    run: () => Promise.resolve(outcomeOf(run, ending)),
    [Symbol.dispose]: () => preview1[Symbol.dispose](),
  };
}

function surroundingsOf(guest: GuestModule, start: Start, thread: GuestThread): Surroundings {
  const { checkpoint, ending } = thread;
  const outlets = {
    stdout: new Outlet(sinkOf(thread, start, "stdout")),
    stderr: new Outlet(sinkOf(thread, start, "stderr")),
  };
  return {
    args: [basename(guest.name), ...start.args],
    environment: start.environment,
    stdin: sourceOf(thread),
    print(stream, bytes) {
      const outlet = outlets[stream];
      outlet.put(bytes);
      if (outlet.failure === undefined) return "done";
      return outlet.failure === "EPIPE" ? "closed" : "failed";
    },
    terminals: start.terminals,
    now: { monotonic: monotonicNow, realtime: wallNanoseconds },
    resolution: { monotonic: monotonicResolution, realtime: wallResolution },
    fillRandom: (bytes) => void randomFillSync(bytes),
    waitFor: (isReady, deadline) => waitUntil(checkpoint, monotonicNow, deadline, isReady),
    exit: (code) => ending.now({ kind: "exit", code }),
  };
}

function isMemory(value: unknown): value is WasmMemory {
  return (
    typeof value === "object" &&
    value !== null &&
    "buffer" in value &&
    value.buffer instanceof ArrayBuffer
  );
}
