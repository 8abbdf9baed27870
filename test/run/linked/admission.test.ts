import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { admit, refusalOfTypes } from "../../../src/run/guest/admit-linked.ts";

import { mayBeAsync } from "../../../src/run/component/versions.ts";
import { membersOf } from "../../../src/run/machine/served.ts";
import { parseWit } from "../../../src/run/wit/parse.ts";
import { wasi2 } from "../../../src/run/wit/wasi2.ts";
import { command, componentFrom, writeComponent } from "../../support/component.ts";
import { Random, seedOf } from "../../support/random.ts";
import { scale } from "../../support/scale.ts";
import { Workplace, guests, run } from "../support.ts";
import { Here, third } from "./support.ts";

/** Returns why a component is not run, and what to do; undefined if it is run. */
async function refusal(text: string): Promise<string | undefined> {
  const admitted = admit(await componentFrom(text));
  return "refusal" in admitted ? `${admitted.refusal.why}; ${admitted.refusal.hint}` : undefined;
}

const core = `(func (export "run") (result i32) i32.const 0)`;
const importing = (name: string, type = ""): string =>
  third({ imports: `(import "${name}" (instance ${type}))`, core });

describe("a component that names 0.3", () => {
  test.each([
    "wasi:http/types@0.3.0",
    "wasi:cli/environment@0.3.0-rc-2026-03-15",
    "wasi:cli/environment@0.4.0",
    "wasi:cli/environment@1.3.0",
    "wasi:filesystem/made-up@0.3.0",
    "wasi:io/streams@0.3.0",
    "somebody:else/thing@0.3.0",
    "wasi:cli/environment",
  ])("and imports %s is refused, and told what is there", async (name) => {
    const told = await refusal(importing(name));
    expect(told).toContain(`it imports ${name}, which is not served`);
    expect(told).toContain("cli, clocks, filesystem, random");
  });

  test.each(["0.3.0", "0.3.7", "0.3.0+build.1"])("is served in version %s", async (version) => {
    expect(await refusal(importing(`wasi:cli/environment@${version}`))).toBeUndefined();
  });

  test("may import 0.2 besides", async () => {
    expect(await refusal(importing("wasi:cli/environment@0.2.3"))).toBeUndefined();
  });

  test("and imports what an interface does not have is refused by its name", async () => {
    const type = `(export "get-secrets" (func (result string)))`;
    expect(await refusal(importing("wasi:cli/environment@0.3.0", type))).toContain(
      "get-secrets of wasi:cli/environment@0.3.0, which has no such thing",
    );
  });

  test.each([
    ["another result", `(export "get-initial-cwd" (func (result string)))`],
    [
      "another parameter",
      `(export "get-initial-cwd" (func (param "a" u8) (result (option string))))`,
    ],
    ["async where it is not", `(export "get-initial-cwd" (func async (result (option string))))`],
  ])("and imports a function with %s is refused", async (_name, type) => {
    expect(await refusal(importing("wasi:cli/environment@0.3.0", type))).toContain(
      "it imports get-initial-cwd of wasi:cli/environment@0.3.0 with another type than it has",
    );
  });

  test("and exports no run, or one of an unknown version, is refused", async () => {
    const command = third({ core });
    const none = command.slice(0, command.lastIndexOf("(export"));
    expect(await refusal(`${none})`)).toContain("it exports no wasi:cli/run");
    expect(await refusal(command.replace("run@0.3.0", "run@0.4.0"))).toContain(
      "it exports wasi:cli/run@0.4.0, and only 0.2 and 0.3 are served",
    );
  });

  test("and has threads of the component model is refused", async () => {
    const text = third({ core, builtins: `(core func $i (canon thread.index))` });
    expect(await refusal(text)).toContain("it uses thread.index, which is not served");
  });
});

describe("a component whose run", () => {
  test.each([
    ["is not async", `(type $run (func (result (result))))`],
    ["takes something", `(type $run (func async (param "a" u32) (result (result))))`],
    ["returns nothing", `(type $run (func async))`],
    ["returns more", `(type $run (func async (result (result u8))))`],
  ])("%s is refused, and told what it should be", async (_name, type) => {
    const parameters = type.includes("param") ? "(param i32)" : "";
    const results = type.includes("(result") ? "(result i32) i32.const 0" : "";
    const lift = `(canon lift (core func $i "run") (memory $mem))`;
    const odd = third({ core: `(func (export "run") ${parameters} ${results})`, lift });
    const text = odd.replace("(type $run (func async (result (result))))", type);
    expect(await refusal(text)).toContain(
      "its wasi:cli/run@0.3.0 has no function run of the type async func() -> result",
    );
  });

  test("is something else is refused", async () => {
    const text = third({ core }).replace(
      `(export "run" (func $run))`,
      `(export "run" (type $run))`,
    );
    expect(await refusal(text)).toContain("has no function run");
  });

  test("comes from a component in it is of the type that it has there", async () => {
    const through = (type: string): string =>
      third({ core }).replace(
        "(instance $command",
        `(component $inner (import "run" (func $r ${type})) (export "run" (func $r)))
         (instance $made (instantiate $inner (with "run" (func $run))))
         (alias export $made "run" (func $again))
         (instance $command`,
      );
    expect(await refusal(through("async (result (result))"))).toBeUndefined();
  });
});

describe("a component whose parts do not fit together is refused before it runs", () => {
  const inner = (given: string): string => `
    (component $inner (import "f" (func (param "a" u32))))
    (instance (instantiate $inner (with "f" ${given})))`;

  test.each([
    [
      "a core module lacks an import",
      `(core module $w (import "a" "b" (func)))
      (core instance (instantiate $w (with "a" (instance $libc))))`,
    ],
    [
      "a core module imports a function and is given a memory",
      `(core module $w (import "a" "memory" (func)))
      (core instance (instantiate $w (with "a" (instance $libc))))`,
    ],
    [
      "a core module imports a table and is given a memory",
      `(core module $w (import "a" "memory" (table 1 funcref)))
      (core instance (instantiate $w (with "a" (instance $libc))))`,
    ],
    [
      "something is asked of a core module that it does not have",
      `(alias core export $libc "more" (core func))`,
    ],
    [
      "a memory is asked of a core module and is a function there",
      `(alias core export $libc "realloc" (core memory))`,
    ],
    [
      "a component in it is given a function of another type",
      `
      (core module $w (func (export "f") (param i64)))
      (core instance $x (instantiate $w))
      (func $f (param "a" u64) (canon lift (core func $x "f")))
      ${inner("(func $f)")}`,
    ],
    ["a component in it is given what is no function", `(instance $e) ${inner("(instance $e)")}`],
  ])("where %s", async (_name, builtins) => {
    const bytes = await componentFrom(third({ core, builtins }));
    expect(() => admit(bytes)).toThrow(RangeError);
  });

  test("where a core module is made an instance twice", async () => {
    const builtins = `(core module $w) (core instance (instantiate $w)) (core instance (instantiate $w))`;
    expect(await refusal(third({ core, builtins }))).toContain("two instances of one module");
  });

  test("where components in it double without end", async () => {
    const doubled = Array.from(
      { length: 40 },
      (_, level) => `(component $c${level + 1}
        (alias outer 1 $c${level} (component $c))
        (instance (instantiate $c)) (instance (instantiate $c)))`,
    );
    const builtins = `(component $c0) ${doubled.join(" ")} (instance (instantiate $c40))`;
    expect(await refusal(third({ core, builtins }))).toContain("more than 100000 parts");
  });
});

describe("a component of both versions", () => {
  test("runs as one of 0.3", async () => {
    const both = third({ core }).replace(
      /\)$/,
      `(core module $old (func (export "run") (result i32) unreachable))
       (core instance $o (instantiate $old))
       (func $older (result (result)) (canon lift (core func $o "run")))
       (instance $other (export "run" (func $older)))
       (export "wasi:cli/run@0.2.0" (instance $other)))`,
    );
    const admitted = admit(await componentFrom(both));
    expect(admitted).toMatchObject({ entry: "wasi:cli/run@0.3.0" });
  });

  test("sees one tree, and one object where it is one", async () => {
    using here = new Here();
    await here.speak(["o 1 0 a cw", "w 1 1 0", "p 1 3 x", "e 1"]);
    const hash = (version: string, isAsync: string): string => `
      (import "wasi:filesystem/types@${version}" (instance $types${version[2]}
        (export "descriptor" (type $d (sub resource)))
        (type $hash (record (field "lower" u64) (field "upper" u64)))
        (export "metadata-hash-value" (type $h (eq $hash)))
        ${errorOf(version)}
        (export "error-code" (type $e (eq $error)))
        (export "[method]descriptor.metadata-hash"
          (func ${isAsync} (param "self" (borrow $d)) (result (result $h (error $e)))))))
      (alias export $types${version[2]} "descriptor" (type $descriptor${version[2]}))
      (alias export $types${version[2]} "[method]descriptor.metadata-hash" (func $hash${version[2]}))
      (import "wasi:filesystem/preopens@${version}" (instance $preopens${version[2]}
        (export "get-directories" (func (result (list (tuple (own $descriptor${version[2]}) string)))))))
      (alias export $preopens${version[2]} "get-directories" (func $roots${version[2]}))`;
    const lowered = (version: number): string => `
      (core func $h${version} (canon lower (func $hash${version}) (memory $mem)))
      (core func $r${version} (canon lower (func $roots${version}) (memory $mem) (realloc $realloc)))`;
    const text = third({
      imports: hash("0.2.0", "") + hash("0.3.0", "async"),
      builtins: lowered(2) + lowered(3),
      given: [2, 3]
        .map((v) => `(export "h${v}" (func $h${v})) (export "r${v}" (func $r${v}))`)
        .join(" "),
      core: `
        ${[2, 3].map((v) => `(import "h" "h${v}" (func $h${v} (param i32 i32))) (import "h" "r${v}" (func $r${v} (param i32)))`).join(" ")}
        (func $look (param $at i32) (result i64) (i64.load (i32.add (local.get $at) (i32.const 8))))
        (func (export "run") (result i32)
          (call $r2 (i32.const 0))
          (call $h2 (i32.load (i32.load (i32.const 0))) (i32.const 64))
          (call $r3 (i32.const 0))
          (call $h3 (i32.load (i32.load (i32.const 0))) (i32.const 128))
          (i64.ne (call $look (i32.const 64)) (call $look (i32.const 128))))`,
    });
    expect((await here.run(await componentFrom(text))).outcome).toEqual({
      kind: "exited",
      exit: 0,
    });
  });
});

test("the functions of 0.2 whose types are checked are those that are served", () => {
  for (const [name, { types, functions }] of parseWit(wasi2)) {
    const resources = [...types].flatMap(([type, { kind }]) => (kind === "resource" ? [type] : []));
    expect([name, [...resources, ...functions.keys()].sort()]).toEqual([
      name,
      [...(membersOf(name) ?? [])].sort(),
    ]);
  }
});

test("a component that is cut short or changed anywhere is admitted or refused, and nothing else is thrown", () => {
  const bytes = readFileSync(guests.third);
  const random = new Random(seedOf());
  for (let round = 0; round < 200 * scale; round += 1) {
    const changed = Uint8Array.from(
      bytes.subarray(0, random.once(4) ? random.below(bytes.length) : undefined),
    );
    for (let left = 1 + random.below(3); left > 0; left -= 1)
      changed[random.below(changed.length)] = random.below(256);
    try {
      admit(changed);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
  }
});

function errorOf(version: string): string {
  const names = [...(parsedErrors.get(version) ?? [])];
  const cases = names.map((name) =>
    name === "other" ? `(case "other" (option string))` : `(case "${name}")`,
  );
  return version === "0.2.0"
    ? `(type $error (enum ${names.map((name) => `"${name}"`).join(" ")}))`
    : `(type $error (variant ${cases.join(" ")}))`;
}

const shared =
  "access bad-descriptor busy deadlock quota exist file-too-large illegal-byte-sequence in-progress interrupted invalid io is-directory loop too-many-links message-size name-too-long no-device no-entry no-lock insufficient-memory insufficient-space not-directory not-empty not-recoverable unsupported no-tty no-such-device overflow not-permitted pipe read-only invalid-seek text-file-busy cross-device";
const parsedErrors = new Map([
  ["0.2.0", shared.replace("access", "access would-block already").split(" ")],
  ["0.3.0", [...shared.replace("access", "access already").split(" "), "other"]],
]);

describe("a component of 0.2", () => {
  const second = (type: string) =>
    command().replace(
      "(component",
      `(component (import "wasi:cli/environment@0.2.3" (instance ${type}))`,
    );
  const types = async (text: string) => refusalOfTypes(await componentFrom(text))?.why;

  test("is held to the types of what it imports and of its run, before it is translated", async () => {
    const right = `(export "initial-cwd" (func (result (option string))))`;
    expect(await types(second(right))).toBeUndefined();
    expect(await types(second(right.replace("(option string)", "string")))).toBe(
      "it imports initial-cwd of wasi:cli/environment@0.2.3 with another type than it has",
    );
    expect(
      await types(command().replace("(func $run (result (result))", "(func $run (result s32)")),
    ).toBe("its wasi:cli/run@0.2.0 has no function run of the type func() -> result");
  });

  test.each([guests.direct("0.2.0"), guests.direct("0.2.12")])(
    "that compilers made has these types: %s",
    (file) => expect(refusalOfTypes(readFileSync(file))).toBeUndefined(),
  );

  test("that uses built-in functions of async code runs, as tools make it whose runtime has them", async () => {
    using workplace = new Workplace();
    const text = `(component
      (core func $set (canon context.set i32 0))
      (core func $get (canon context.get i32 0))
      (core module $m
        (import "$root" "[context-set-0]" (func $set (param i32)))
        (import "$root" "[context-get-0]" (func $get (result i32)))
        (func (export "run") (result i32)
          (call $set (i32.const 7))
          (i32.ne (call $get) (i32.const 7))))
      (core instance $given
        (export "[context-set-0]" (func $set)) (export "[context-get-0]" (func $get)))
      (core instance $i (instantiate $m (with "$root" (instance $given))))
      (func $run (result (result)) (canon lift (core func $i "run")))
      (instance $command (export "run" (func $run)))
      (export "wasi:cli/run@0.2.12" (instance $command)))`;
    const guest = await writeComponent(workplace.path("guest.wasm"), text);
    expect((await run(workplace, guest)).outcome).toEqual({ kind: "exited", exit: 0 });
  });

  test("is linked only if it may be async: a text that looks like it is not enough", async () => {
    const text = '(component (core module (memory 1) (data (i32.const 0) "$root [task-cancel]")))';
    expect(mayBeAsync(await componentFrom(text))).toBe(false);
    for (const version of ["0.2.0", "0.2.3", "0.2.12"] as const)
      expect(mayBeAsync(readFileSync(guests.direct(version)))).toBe(false);
    expect(mayBeAsync(readFileSync(guests.third))).toBe(true);
  });

  test("that is damaged is left to whoever translates it", () => {
    expect(refusalOfTypes(readFileSync(guests.direct()).subarray(0, 900))).toBeUndefined();
  });
});
