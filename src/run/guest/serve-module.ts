import { randomFillSync } from "node:crypto";
import { basename } from "node:path";

import type { FileSystem } from "../../fs/index.ts";
import { type Preview1Call, type Surroundings, createPreview1 } from "../../wasi/index.ts";
import {
  monotonicNow,
  monotonicResolution,
  wallNanoseconds,
  wallResolution,
} from "../machine/clocks.ts";
import { guard } from "../ending/guard.ts";
import type { GuestModule } from "./guest.ts";
import type { GuestSide } from "./guest-side.ts";
import { outcomeOf } from "../ending/outcome.ts";
import type { Served } from "./served-guest.ts";
import type { besideWasi, signatures } from "../wasm/signatures.ts";
import { Outlet } from "./standard-output.ts";
import { waitUntil } from "../machine/wait.ts";
import { type WasmMemory, webAssembly } from "../wasm/web-assembly.ts";
import type { RunJob } from "../protocol/jobs.ts";

/** Gives a filesystem to a program of preview 1: a core module, which runs unchanged. */
export function serveModule(
  fs: FileSystem,
  guest: GuestModule,
  job: RunJob,
  side: GuestSide,
): Served {
  const { ending } = side;
  const { preopens } = job;
  const preview1 = createPreview1(fs, { preopens }, surroundingsOf(guest, job, side));
  const functions: Readonly<Record<keyof typeof signatures, Preview1Call>> = preview1.functions;
  const beside: Beside = preview1.beside;
  const run = (): void => {
    const guarded = (calls: Readonly<Record<string, Preview1Call>>) =>
      Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, guard(call, ending)]));
    const { exports } = new webAssembly.Instance(guest.module, {
      wasi_snapshot_preview1: guarded(functions),
      host_user: guarded(beside.host_user),
      host_fs: guarded(beside.host_fs),
    });
    const { memory, _start } = exports;
    if (!isMemory(memory) || typeof _start !== "function")
      throw new Error(`${guest.name} lacks its export`);
    preview1.attach(memory);
    Reflect.apply(_start, undefined, []);
  };
  return {
    run: () => Promise.resolve(outcomeOf(run, ending)),
    [Symbol.dispose]: () => preview1[Symbol.dispose](),
  };
}

type Beside = {
  readonly [Module in keyof typeof besideWasi]: Readonly<
    Record<keyof (typeof besideWasi)[Module], Preview1Call>
  >;
};

function surroundingsOf(guest: GuestModule, job: RunJob, side: GuestSide): Surroundings {
  const { sleeper, ending, stdin } = side;
  const outlets = { stdout: new Outlet(side.stdout), stderr: new Outlet(side.stderr) };
  return {
    args: [basename(guest.name), ...job.args],
    environment: job.environment,
    stdin,
    print(stream, bytes) {
      const outlet = outlets[stream];
      outlet.put(bytes);
      if (outlet.failure === undefined) return "done";
      return outlet.failure === "EPIPE" ? "closed" : "failed";
    },
    terminals: job.terminals,
    now: { monotonic: monotonicNow, realtime: wallNanoseconds },
    resolution: { monotonic: monotonicResolution, realtime: wallResolution },
    fillRandom: (bytes) => void randomFillSync(bytes),
    waitFor: (isReady, deadline) => waitUntil(sleeper, monotonicNow, deadline, isReady),
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
