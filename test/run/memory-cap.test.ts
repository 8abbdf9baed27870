import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { capMemory } from "../../src/run/wasm/memory-cap.ts";
import { webAssembly } from "../../src/run/wasm/web-assembly.ts";
import { guests } from "./support.ts";

const page = 65_536;
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Makes a module with one memory, exported as "m". */
const withMemory = (...limits: readonly number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([...header, 5, 1 + limits.length, 1, ...limits, 7, 5, 1, 1, 0x6d, 2, 0]);

/** Returns how many pages the module's memory can grow to. */
function pagesOf(module: Uint8Array): number {
  const { m } = new webAssembly.Instance(new webAssembly.Module(module)).exports as {
    m: { grow(pages: number): number; buffer: ArrayBuffer };
  };
  try {
    for (;;) m.grow(1);
  } catch {
    return m.buffer.byteLength / page;
  }
}

describe("a cap on memory", () => {
  test.each([
    ["without a maximum", withMemory(0, 1), 5],
    ["with a larger maximum", withMemory(1, 1, 200, 1), 5],
    ["with a smaller maximum", withMemory(1, 1, 3), 3],
    ["as small as the cap", withMemory(0, 5), 5],
  ])("holds for a memory %s", (_name, module, pages) => {
    const capped = capMemory(module, 5 * page);
    expect("module" in capped && pagesOf(capped.module)).toBe(pages);
  });

  test("says what a memory needs that is larger to begin with", () => {
    expect(capMemory(withMemory(0, 6), 5 * page)).toEqual({ needsBytes: 6 * page });
  });

  test("of 4 GiB or more keeps a 32-bit memory valid", () => {
    for (const cap of [4 * 1024 ** 3, 64 * 1024 ** 3]) {
      const capped = capMemory(withMemory(0, 1), cap);
      expect("module" in capped && new webAssembly.Module(capped.module)).toBeTruthy();
    }
  });

  test("leaves the rest of a module as it was, and a module without memory alone", () => {
    const module = new Uint8Array(readFileSync(guests.files));
    const capped = capMemory(module, 1024 * page);
    const changed = "module" in capped ? capped.module : new Uint8Array();
    expect(changed.subarray(-50_000)).toEqual(module.subarray(-50_000));
    const bare = Uint8Array.from(header);
    expect(capMemory(bare, page)).toEqual({ module: bare });
  });
});
