import { describe, expect, test } from "vitest";

import { capHeap, tableNeeds } from "../../src/run/wasm/heap-cap.ts";
import { webAssembly } from "../../src/run/wasm/web-assembly.ts";

const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const functions = 0x70;

/** Makes a module with these tables, the first exported as "t". */
const withTables = (...tables: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> => {
  const content = [tables.length, ...tables.flat()];
  return Uint8Array.from([...header, 4, content.length, ...content, 7, 5, 1, 1, 0x74, 1, 0]);
};

/** Makes a module with one type of this form. */
const withType = (...form: readonly number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([...header, 1, 1 + form.length, 1, ...form]);

/** Makes a module with one tag, whose exceptions hold so many values of this type. */
const withTag = (type: readonly number[], count = 1): Uint8Array<ArrayBuffer> => {
  const types = Array.from({ length: count }, () => type).flat();
  return Uint8Array.from([...withType(0x60, count, ...types, 0), 13, 3, 1, 0, 0]);
};

/** Returns how many elements the module's first table can grow to. */
function elementsOf(module: Uint8Array): number {
  const { t } = new webAssembly.Instance(new webAssembly.Module(module)).exports as {
    t: { grow(count: number): number; length: number };
  };
  for (let step = 1 << 22; step >= 1; step >>= 1) {
    try {
      for (;;) t.grow(step);
    } catch {
      continue;
    }
  }
  return t.length;
}

describe("a cap on the engine's heap", () => {
  test.each([
    ["without a maximum", withTables([functions, 0, 1]), 1_000_000],
    ["with a smaller maximum", withTables([functions, 1, 1, 3]), 3],
    ["that is one of two", withTables([functions, 0, 0], [functions, 0, 0]), 500_000],
  ])("holds for a table %s", (_name, module, elements) => {
    const capped = capHeap(module);
    expect("module" in capped && elementsOf(capped.module)).toBe(elements);
  });

  test("holds for the tables of all modules of a guest together", () => {
    const modules = [
      withTables([functions, 0, 0]),
      withTables([functions, 0, 100], [functions, 0, 0]),
      withTables([functions, 1, 1, 3]),
    ];
    const sizes = modules.map((module) => {
      const capped = capHeap(module, tableNeeds(modules));
      return "module" in capped ? elementsOf(capped.module) : 0;
    });
    expect(sizes).toEqual([249_974, 250_074, 3]);
    const large = withTables([functions, 0, 0xa1, 0xc2, 0x1e]);
    expect(capHeap(large, tableNeeds([large, large]))).toMatchObject({
      why: expect.stringContaining("1000002 elements") as string,
    });
  });

  test("refuses tables that are larger to begin with", () => {
    const capped = capHeap(withTables([functions, 0, 0xc1, 0x84, 0x3d]));
    expect(capped).toMatchObject({ why: expect.stringContaining("1000001 elements") as string });
  });

  test.each([
    ["a tag whose exceptions hold one", withTag([0x69])],
    ["a tag whose exceptions hold one that may be missing", withTag([0x63, 0x69])],
    ["a tag whose exceptions hold many numbers", withTag([0x7e], 17)],
    ["a table of exceptions", withTables([0x69, 0, 1])],
  ])("refuses %s", (_name, module) => {
    expect(capHeap(module)).toMatchObject({
      why: expect.stringContaining("exceptions outside of its linear memory") as string,
    });
  });

  test("lets exceptions hold a few numbers and functions", () => {
    for (const module of [withTag([0x7e], 16), withTag([functions])])
      expect(capHeap(module)).toEqual({ module });
  });

  test.each([
    ["a struct", withType(0x5f, 0)],
    ["an array", withType(0x5e, 0x7f, 1)],
    ["a struct in a group of types", withType(0x4e, 2, 0x60, 0, 0, 0x5f, 0)],
    ["a struct that others refine", withType(0x50, 0, 0x5f, 0)],
  ])("refuses %s", (_name, module) => {
    expect(new webAssembly.Module(module)).toBeTruthy();
    expect(capHeap(module)).toMatchObject({
      why: expect.stringContaining("outside of its linear memory") as string,
    });
  });

  test("leaves functions that take and give references alone", () => {
    const module = withType(0x60, 2, 0x7f, 0x63, 0x70, 1, 0x6f);
    expect(new webAssembly.Module(module)).toBeTruthy();
    expect(capHeap(module)).toEqual({ module });
  });
});
