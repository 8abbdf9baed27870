import { RunError } from "./error.ts";
import { kinds } from "./imports.ts";
import { sectionId, unsigned } from "./sections.ts";
import { webAssembly } from "./web-assembly.ts";

/**
 * What V8 compiles for calls of JavaScript from WebAssembly, once for each type of function, belongs to the process.
 * When the last guest that makes calls of a type is gone it is freed, and V8 13 (Node.js 24) may do so while another
 * thread takes it up again: the process aborts ("jit_page.has_value()"), or goes on with what is freed. A module that
 * makes such calls first, and stays, holds it for all that come after: so it is never freed.
 *
 * This state is the module's, as what it is about is the process's. It knows nothing of guests but types of functions.
 */
const kept = new Map<string, object>();

/** More than WASI has; each takes some kilobytes for good. */
const mostKept = 1_000;

/**
 * Keeps what V8 compiles for calls of these types, as `importedCalls` tells them, while this thread lives. To be called
 * before the guest starts. Throws RunError where there would be too many.
 */
export function keepCalls(guest: string, types: Iterable<string>): void {
  const missing = [...types].filter((type) => !kept.has(type));
  if (missing.length === 0) return;
  if (kept.size + missing.length > mostKept) {
    throw new RunError(
      "failed",
      `Cannot run ${guest} in this process: its guests would import functions of more than ${mostKept} types`,
      { hint: "run it in another one, as the command rewindfs run does" },
    );
  }
  // What is compiled is for functions without named parameters, as all are that a guest gets.
  const { call } = new webAssembly.Instance(new webAssembly.Module(callerOf(missing)), {
    host: {
      number: (...flat: readonly unknown[]) => flat.length,
      bigint: (...flat: readonly unknown[]) => BigInt(flat.length),
    },
  }).exports;
  if (typeof call !== "function") throw new TypeError("the module of calls has no call");
  Reflect.apply(call, undefined, []);
  for (const type of missing) kept.set(type, call);
}

/** Core spec, binary format: the value types by their letters, each with the instruction that gives its zero. */
const values: ReadonlyMap<string, { readonly type: number; readonly zero: readonly number[] }> =
  new Map([
    ["i", { type: 0x7f, zero: [0x41, 0] }],
    ["I", { type: 0x7e, zero: [0x42, 0] }],
    ["f", { type: 0x7d, zero: [0x43, 0, 0, 0, 0] }],
    ["F", { type: 0x7c, zero: [0x44, 0, 0, 0, 0, 0, 0, 0, 0] }],
  ]);

/** What stands around each call: a loop that ends when it has been made 1,001 times; V8 compiles it at the thousandth. */
const loop = {
  // (local.set 0 (i32.const 0)) (loop …
  start: [0x41, 0, 0x21, 0, 0x03, 0x40],
  // … (br_if 0 (i32.lt_s (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1001))))
  end: [0x20, 0, 0x41, 1, 0x6a, 0x22, 0, 0x41, 0xe9, 0x07, 0x48, 0x0d, 0, 0x0b],
} as const;
const instruction = { call: 0x10, drop: 0x1a, end: 0x0b } as const;
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const functionForm = 0x60;
const i32 = 0x7f;

/** A module that imports a function of each type, and whose export `call` calls each until V8 has compiled it. */
function callerOf(types: readonly string[]): Uint8Array<ArrayBuffer> {
  const functions = types.map((type) => {
    const [parameters = "", results = ""] = type.split(">");
    return { parameters: valuesOf(parameters), results: valuesOf(results) };
  });
  const own = number(types.length);
  const signatures = functions.map(({ parameters, results }) =>
    [
      [functionForm],
      vector(parameters.map(({ type }) => [type])),
      vector(results.map(({ type }) => [type])),
    ].flat(),
  );
  const imports = types.map((type, index) =>
    [
      name("host"),
      name(type.endsWith(">I") ? "bigint" : "number"),
      [kinds.function],
      number(index),
    ].flat(),
  );
  const calls = functions.map(({ parameters, results }, index) =>
    [
      loop.start,
      parameters.flatMap(({ zero }) => zero),
      [instruction.call],
      number(index),
      results.map(() => instruction.drop),
      loop.end,
    ].flat(),
  );
  // One local, which counts.
  const body = withLength([[1, 1, i32], ...calls, [instruction.end]].flat());
  return Uint8Array.from(
    [
      header,
      section(sectionId.type, [...signatures, [functionForm, 0, 0]]),
      section(sectionId.import, imports),
      section(sectionId.function, [own]),
      section(sectionId.export, [[...name("call"), kinds.function, ...own]]),
      section(sectionId.code, [body]),
    ].flat(),
  );
}

function valuesOf(letters: string) {
  return Array.from(letters, (letter) => {
    const value = values.get(letter);
    if (value === undefined) throw new RangeError(`no value type has the letter ${letter}`);
    return value;
  });
}

const number = (value: number): number[] => unsigned(BigInt(value));
const withLength = (bytes: readonly number[]): number[] => [...number(bytes.length), ...bytes];
const name = (text: string): number[] => withLength([...Buffer.from(text)]);
const vector = (items: readonly (readonly number[])[]): number[] => [
  ...number(items.length),
  ...items.flat(),
];
const section = (id: number, items: readonly (readonly number[])[]): number[] => [
  id,
  ...withLength(vector(items)),
];
