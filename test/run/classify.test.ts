import { describe, expect, test } from "vitest";

import { classify } from "../../src/run/component/classify.ts";
import { webAssembly } from "../../src/run/wasm/web-assembly.ts";

const [i32, i64] = [0x7f, 0x7e];
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const preview1 = "wasi_snapshot_preview1";

interface Parts {
  /** Parameters and results of the one imported function. */
  readonly type?: readonly [readonly number[], readonly number[]];
  /** Bytes before that type. */
  readonly form?: readonly number[];
  readonly from?: string;
  readonly name?: string;
  /** The import: a function, or another kind as it is encoded. */
  readonly imported?: readonly number[];
  /** Names, with the kind of each, and its number if it is not the first that the module defines. */
  readonly exported?: readonly (readonly [string, number, number?])[];
  readonly memory?: readonly number[];
  readonly secondMemory?: readonly number[];
  /** Parameters of `_start`. */
  readonly startTakes?: readonly number[];
}

/** Makes a program that imports one function, and does nothing. */
function program(parts: Parts = {}): Uint8Array {
  const {
    type: [parameters, results] = [[i32, i32], [i32]],
    form = [],
    from = preview1,
    name = "fd_fdstat_get",
    imported = [0, 0],
    exported = [
      ["_start", 0],
      ["memory", 2],
    ],
    memory = [0, 1],
    secondMemory,
    startTakes = [],
  } = parts;
  const functions = imported[0] === 0 ? 1 : 0;
  return Uint8Array.from([
    ...header,
    ...section(1, [2, ...form, ...functionType(parameters, results), ...functionType(startTakes)]),
    ...section(2, [1, ...text(from), ...text(name), ...imported]),
    ...section(3, [1, 1]),
    ...section(5, secondMemory === undefined ? [1, ...memory] : [2, ...memory, ...secondMemory]),
    ...section(7, [
      exported.length,
      ...exported.flatMap(([exportName, kind, index = kind === 0 ? functions : 0]) => [
        ...text(exportName),
        kind,
        index,
      ]),
    ]),
    ...section(10, [1, 2, 0, 0x0b]),
  ]);
}

function functionType(parameters: readonly number[], results: readonly number[] = []): number[] {
  return [0x60, ...list(parameters), ...list(results)];
}

function list(bytes: readonly number[]): number[] {
  return [bytes.length, ...bytes];
}

function text(value: string): number[] {
  return list([...Buffer.from(value)]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...list(content)];
}

describe("a module", () => {
  test("that is a program of preview 1 is taken for one", () => {
    expect(new webAssembly.Module(program())).toBeTruthy();
    expect(classify(program())).toEqual({ kind: "command-module" });
    const exit = program({ name: "proc_exit", type: [[i32], []] });
    expect(classify(exit)).toEqual({ kind: "command-module" });
    const seek = program({ name: "fd_seek", type: [[i32, i64, i32, i32], [i32]] });
    expect(classify(seek)).toEqual({ kind: "command-module" });
    // (memory (export "memory") 1) (func (export "_start"))
    const alone = Uint8Array.from([
      ...header,
      ...section(1, [1, ...functionType([])]),
      ...section(3, [1, 0]),
      ...section(5, [1, 0, 1]),
      ...section(7, [2, ...text("_start"), 0, 0, ...text("memory"), 2, 0]),
      ...section(10, [1, 2, 0, 0x0b]),
    ]);
    expect(classify(alone)).toEqual({ kind: "command-module" });
    const beside = program({ from: "host_fs", name: "fd_mode", type: [[i32], [i32]] });
    expect(classify(beside)).toEqual({ kind: "command-module" });
  });

  test.each([
    [
      "imports what is not WASI",
      { from: "env" },
      'it imports "fd_fdstat_get" of "env", which is not WASI',
    ],
    [
      "imports what is beside WASI elsewhere, with another type",
      { from: "host_fs", name: "fd_mode", type: [[i64], [i32]] },
      'it imports "fd_mode" of "host_fs", which is not WASI',
    ],
    [
      "wants threads",
      { from: "wasi", name: "thread-spawn", type: [[i32], [i32]] },
      "it imports thread-spawn, and there are no threads",
    ],
    [
      "has a memory with long addresses",
      { memory: [4, 1] },
      "its memory has 64-bit addresses, and preview 1 has none that long",
    ],
    ["is of preview 0", { from: "wasi_unstable" }, "it was built for WASI preview 0"],
    [
      "imports a function that there is not",
      { name: "fd_dup" },
      'it imports "fd_dup" of wasi_snapshot_preview1, which has no such function',
    ],
    [
      "imports a function with other parameters",
      { type: [[i32, i64], [i32]] },
      'it imports "fd_fdstat_get" of wasi_snapshot_preview1, which has it with another type',
    ],
    [
      "imports a function with another result",
      { type: [[i32, i32], []] },
      'it imports "fd_fdstat_get" of wasi_snapshot_preview1, which has it with another type',
    ],
    [
      "imports a function whose type may have others below it",
      { form: [0x50, 0] },
      'it imports "fd_fdstat_get" of wasi_snapshot_preview1, which has it with another type',
    ],
    [
      "imports a function whose type stands in a group",
      { form: [0x4e, 1] },
      'it imports "fd_fdstat_get" of wasi_snapshot_preview1, which has it with another type',
    ],
    [
      "imports a memory",
      { name: "memory", imported: [2, 0, 1] },
      'it imports "memory" of wasi_snapshot_preview1, which has no such function',
    ],
    ["exports no memory", { exported: [["_start", 0]] }, "it exports no memory"],
    [
      "exports something else as its memory",
      {
        exported: [
          ["_start", 0],
          ["memory", 0],
        ],
      },
      "it exports no memory",
    ],
    ["exports no _start", { exported: [["memory", 2]] }, "it exports no _start"],
    [
      "has a _start that takes something",
      { startTakes: [i64] },
      "its _start has parameters or results",
    ],
    [
      "starts with what it imports",
      {
        type: [[], [i32]],
        name: "sched_yield",
        exported: [
          ["_start", 0, 0],
          ["memory", 2],
        ],
      },
      "its _start has parameters or results",
    ],
    [
      "exports a second memory, for several threads",
      {
        secondMemory: [3, 1, 1],
        exported: [
          ["_start", 0],
          ["memory", 2, 1],
        ],
      },
      "its threads share its memory",
    ],
    ["has a memory for several threads", { memory: [3, 1, 1] }, "its threads share its memory"],
  ] as const satisfies readonly (readonly [string, Parts, string])[])(
    "that %s is refused",
    (_name, parts, why) => {
      const module = program(parts);
      expect(new webAssembly.Module(module)).toBeTruthy();
      expect(classify(module)).toMatchObject({ kind: "refused", why });
    },
  );

  test.each([
    "constructor",
    "__proto__",
    "prototype",
    "toString",
    "valueOf",
    "hasOwnProperty",
    "then",
  ])(
    "that imports a name of Object.prototype is refused, as the module and as the function: %s",
    (name) => {
      for (const type of [
        [[i32, i32], [i32]],
        [[], []],
      ] as const) {
        expect(classify(program({ name, type }))).toMatchObject({
          why: `it imports "${name}" of wasi_snapshot_preview1, which has no such function`,
        });
        expect(classify(program({ from: name, type }))).toMatchObject({
          why: `it imports "fd_fdstat_get" of "${name}", which is not WASI`,
        });
      }
    },
  );

  test("that is cut short is refused, unless all of its sections but the code are there", () => {
    const whole = program();
    const codeBytes = 6;
    const taken = Array.from({ length: whole.length - 8 }, (_, index) => 8 + index).filter(
      (length) => classify(whole.subarray(0, length)).kind !== "refused",
    );
    expect(taken).toEqual([whole.length - codeBytes]);
  });
});
