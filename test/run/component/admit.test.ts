import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { classify } from "../../../src/run/component/classify.ts";
import {
  type CoreNames,
  command,
  componentFrom,
  importing,
  nested,
  writeComponent,
} from "../../support/component.ts";
import { Workplace, guests, run } from "../support.ts";

const why = async (text: string): Promise<string | undefined> => {
  const found = classify(await componentFrom(text));
  return found.kind === "refused" ? found.why : undefined;
};
const places = ["run", "memory", "realloc", "postReturn", "module", "field"] as const;
const forms = [
  ["a component", command],
  ["a component in another", nested],
] as const satisfies readonly (readonly [string, (names: CoreNames) => string])[];

describe("the name of a part of a component", () => {
  test.each(forms)("that could be taken for code is refused, in %s", async (_name, form) => {
    const names = [
      "x'];process.exit(1);exports0['x",
      '"',
      "`",
      "\\",
      "a\nb",
      "a\u2028b",
      "${1}",
      "*/",
      "a;b",
      "ä",
      "__proto__",
      "constructor",
      "prototype",
    ];
    for (const name of names)
      for (const place of places)
        expect({ name, place, why: await why(form({ [place]: name })) }).toMatchObject({
          why: expect.stringContaining("could be taken for code") as string,
        });
  });

  test.each(forms)(
    "that is none is fine, also where it is one of Object.prototype, in %s",
    async (_name, form) => {
      using workplace = new Workplace();
      const names = [
        "toString",
        "valueOf",
        "then",
        "hasOwnProperty",
        "eval",
        "let",
        "[x]a.b:c/d@1.2.3#e<f>",
        " $ ",
      ];
      for (const name of names)
        for (const place of places)
          expect({ name, place, why: await why(form({ [place]: name })) }).toEqual({ name, place });
      const [run0 = "", memory, realloc, postReturn, module, field] = names;
      const guest = await writeComponent(
        workplace.path("guest.wasm"),
        form({
          run: run0,
          memory: memory ?? "",
          realloc: realloc ?? "",
          postReturn: postReturn ?? "",
          module: module ?? "",
          field: field ?? "",
        }),
      );
      expect((await run(workplace, guest)).outcome).toEqual({ kind: "exited", exit: 0 });
    },
  );

  test("is shown in short and visibly where it is refused", async () => {
    expect(await why(command({ run: `\u001b[2J'${"long".repeat(1000)}` }))).toMatch(
      /^the name of an export of a core module in it could be taken for code: "\\x1b\[2J'[long]+…"$/,
    );
  });
});

describe("an interface", () => {
  const environment = (name: string): string =>
    importing(name, '(export "get-environment" (func (result (list (tuple string string)))))');

  test.each(["0.2.0", "0.2.12", "0.2.99", "0.2.3+made.by-me"])(
    "of version %s is served",
    async (version) => {
      expect(await why(environment(`wasi:cli/environment@${version}`))).toBeUndefined();
      expect(await why(command({ entry: `wasi:cli/run@${version}` }))).toBeUndefined();
    },
  );

  test.each([
    "0.1.0",
    "0.3.0",
    "0.9.0",
    "1.4.0",
    "0.20.0",
    "0.2.0-rc-2023-11-10",
    "0.3.0-rc-2025-09-16",
  ])("of version %s is refused by name, and what is served is told", async (version) => {
    const imported = `wasi:cli/environment@${version}`;
    expect(await why(environment(imported))).toBe(
      `it imports ${imported}, and only 0.2 and 0.3 are served`,
    );
    const exported = `wasi:cli/run@${version}`;
    expect(await why(command({ entry: exported }))).toBe(
      `it exports ${exported}, and only 0.2 and 0.3 are served`,
    );
  });

  test("without a version is refused", async () => {
    expect(await why(environment("wasi:cli/environment"))).toBe(
      "it imports wasi:cli/environment without a version, and only 0.2 and 0.3 are served",
    );
  });

  test.each([
    "wasi:keyvalue/store@0.2.0-draft",
    "wasi:clocks/timezone@0.2.0",
    "local:own/thing@0.2.0",
  ])("that is not there is refused: %s", async (name) => {
    expect(await why(importing(name, ""))).toBe(`it imports ${name}, which is not served`);
  });

  test.each(["constructor", "to-string", "has-own-property", "value-of", "then", "nothing"])(
    "has no function that is none of its own: %s",
    async (name) => {
      const functions = `(export "get-arguments" (func (result (list string)))) (export "${name}" (func))`;
      expect(await why(importing("wasi:cli/environment@0.2.0", functions))).toBe(
        `it imports ${name} of wasi:cli/environment@0.2.0, which has no such thing`,
      );
    },
  );

  test("has no method that is none of its own", async () => {
    const methods = `(export "pollable" (type $p (sub resource)))
      (export "[method]pollable.constructor" (func (param "self" (borrow $p))))`;
    expect(await why(importing("wasi:io/poll@0.2.0", methods))).toBe(
      "it imports [method]pollable.constructor of wasi:io/poll@0.2.0, which has no such thing",
    );
  });

  test("that was made with other tools is let through", () => {
    for (const version of ["0.2.0", "0.2.3", "0.2.12"] as const)
      expect(classify(readFileSync(guests.direct(version)))).toEqual({ kind: "component" });
  });
});

describe("a component", () => {
  test.each([
    [
      "error-context.new",
      '(core module $m (memory (export "m") 1)) (core instance $i (instantiate $m)) (alias core export $i "m" (core memory $n)) (core func (canon error-context.new (memory $n)))',
    ],
    ["stream.new", "(type $s (stream u8)) (core func (canon stream.new $s))"],
    ["future.new", "(type $f (future u8)) (core func (canon future.new $f))"],
    ["waitable-set.new", "(core func (canon waitable-set.new))"],
    ["subtask.drop", "(core func (canon subtask.drop))"],
    ["backpressure.inc", "(core func (canon backpressure.inc))"],
    ["task.return", "(core func (canon task.return))"],
    ["context.get", "(core func (canon context.get i32 0))"],
  ])("that uses %s is refused by name, also where another holds it", async (name, part) => {
    const text = command().slice(0, -1);
    expect(await why(`${text} ${part})`)).toContain(name);
    expect(await why(`${text} (component ${part}))`)).toContain(name);
  });

  test("that lifts a function in the async way is refused", async () => {
    const lift = `(core module $m (func (export "f") (result i32) i32.const 0)) (core instance $i (instantiate $m))
      (func (canon lift (core func $i "f") async (callback (core func $i "f"))))`;
    const text = `${command().slice(0, -1)} (component ${lift}))`;
    expect(await why(text)).toBe("it uses async functions, which is not served");
  });

  test("that exports no wasi:cli/run is refused", async () => {
    expect(await why("(component)")).toBe("it exports no wasi:cli/run");
  });

  test("that is cut short or changed anywhere is run or refused, and nothing is thrown", async () => {
    const whole = await componentFrom(nested());
    for (let at = 8; at < whole.length; at += 1) {
      expect(() => classify(whole.subarray(0, at))).not.toThrow();
      for (const value of [0x00, 0x7f, 0xff])
        expect(() => classify(whole.with(at, value))).not.toThrow();
    }
  });

  test("whose parts are nested without end is refused", () => {
    const header = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
    let bytes = Buffer.from(header);
    for (let depth = 0; depth < 2_000; depth += 1) {
      const length = [
        (bytes.length & 0x7f) | 0x80,
        ((bytes.length >> 7) & 0x7f) | 0x80,
        bytes.length >> 14,
      ];
      bytes = Buffer.concat([Buffer.from([...header, 4, ...length]), bytes]);
    }
    expect(classify(bytes)).toMatchObject({
      why: expect.stringContaining("nested too deeply") as string,
    });
  });
});
