import type { Poll, Pollable } from "./poll.ts";
import { type WasmMemory } from "../wasm/web-assembly.ts";

const cabiLower = Symbol.for("cabiLower");
type Lowering = (options: { readonly memory: WasmMemory }) => (result: number) => void;

const largest = 2n ** 64n - 1n;

/** The smallest steps of both clocks, in nanoseconds. */
export const monotonicResolution = 1n;
export const wallResolution = 1_000n;

export function monotonicNow(): bigint {
  return process.hrtime.bigint();
}

/**
 * Provides wasi:clocks. preview2-shim 0.26.1 is not used: without glue it writes the wall clock to the wrong place in
 * the guest's memory (it takes the offsets of the fields for indices), and it knows milliseconds only.
 */
export function createClocks({ Pollable }: Poll) {
  const wait = (deadline: bigint): Pollable =>
    new Pollable({ deadline, isReady: () => monotonicNow() >= deadline });
  const resolution = (): bigint => monotonicResolution;

  const wallNow = () => split(wallNanoseconds());
  const lowerWallNow: Lowering =
    ({ memory }) =>
    (result) => {
      const { seconds, nanoseconds } = wallNow();
      const view = new DataView(memory.buffer);
      view.setBigUint64(result >>> 0, seconds, true);
      view.setUint32((result >>> 0) + 8, nanoseconds, true);
    };

  return {
    monotonicClock: {
      now: Object.assign(() => monotonicNow(), { [cabiLower]: () => monotonicNow }),
      resolution,
      subscribeInstant: (when: bigint) => wait(when),
      subscribeDuration: (nanoseconds: bigint) => {
        const deadline = monotonicNow() + nanoseconds;
        return wait(deadline > largest ? largest : deadline);
      },
    },
    wallClock: {
      now: Object.assign(wallNow, { [cabiLower]: lowerWallNow }),
      resolution: () => split(wallResolution),
    },
  };
}

/** Returns the time since the epoch, to the engine's microsecond. */
export function wallNanoseconds(): bigint {
  return BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1e3)) * 1_000n;
}

function split(nanoseconds: bigint): { readonly seconds: bigint; readonly nanoseconds: number } {
  return {
    seconds: nanoseconds / 1_000_000_000n,
    nanoseconds: Number(nanoseconds % 1_000_000_000n),
  };
}
