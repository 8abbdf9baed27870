import { randomFillSync } from "node:crypto";

import { type WasmMemory, webAssembly } from "../wasm/web-assembly.ts";

const cabiLower = Symbol.for("cabiLower");

interface LowerOptions {
  readonly memory: WasmMemory;
  readonly realloc: (old: number, oldSize: number, align: number, size: number) => number;
}

/** Most bytes filled at a time: the engine takes no more than 2^31 - 1. */
const mostAtOnce = 1 << 24;

/**
 * Provides wasi:random. preview2-shim 0.26.1 is not used: it takes addresses in the upper half of a guest's memory for
 * negative ones. Random bytes go into memory that the guest provides: any number of them costs the host nothing.
 */
export function createRandom() {
  const bytes = Object.assign(randomBytes, { [cabiLower]: lowerRandomBytes });
  let seed: readonly bigint[] | undefined;
  return {
    random: { getRandomBytes: bytes, getRandomU64: randomNumber },
    insecure: { getInsecureRandomBytes: bytes, getInsecureRandomU64: randomNumber },
    insecureSeed: { insecureSeed: () => (seed ??= [randomNumber(), randomNumber()]) },
  };
}

/** Returns bytes to callers whose glue does not bind functions directly. */
function randomBytes(length: bigint): Uint8Array {
  if (length > BigInt(mostAtOnce))
    throw new webAssembly.RuntimeError("too many random bytes at once");
  return randomFillSync(new Uint8Array(Number(length)));
}

function randomNumber(): bigint {
  const [number = 0n] = randomFillSync(new BigUint64Array(1));
  return number;
}

function lowerRandomBytes({ memory, realloc }: LowerOptions) {
  return (length: bigint, result: number): void => {
    // The glue passes u64 as it comes from the guest, signed.
    const size = BigInt.asUintN(64, length);
    if (size >= 1n << 32n)
      throw new webAssembly.RuntimeError("more random bytes than a memory holds");
    const start = realloc(0, 0, 1, Number(size)) >>> 0;
    const end = start + Number(size);
    // A fresh view each time: realloc may have grown the memory, which replaces its buffer.
    for (let at = start; at < end; at += mostAtOnce) {
      randomFillSync(new Uint8Array(memory.buffer, at, Math.min(mostAtOnce, end - at)));
    }
    const view = new DataView(memory.buffer);
    view.setUint32(result >>> 0, start, true);
    view.setUint32((result >>> 0) + 4, Number(size), true);
  };
}
