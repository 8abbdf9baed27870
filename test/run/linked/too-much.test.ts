import { describe, expect, test } from "vitest";

import { runText } from "./support.ts";

/** Makes a command with this core module, which is given the inner component's export as \`f\`. */
const calling = (
  inner: string,
  { core, pages = 1, lower = "" }: { core: string; pages?: number; lower?: string },
): string => `(component
  ${inner}
  (instance $inner (instantiate $Inner))
  (core module $memory (memory (export "memory") ${pages}))
  (core instance $libc (instantiate $memory))
  (alias core export $libc "memory" (core memory $mem))
  (core func $f (canon lower (func $inner "f") (memory $mem) ${lower}))
  (core module $m (import "libc" "memory" (memory ${pages})) ${core})
  (core instance $h (export "f" (func $f)))
  (core instance $i (instantiate $m (with "h" (instance $h)) (with "libc" (instance $libc))))
  (func $run async (result (result)) (canon lift (core func $i "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.3.0" (instance $command)))`;

const taking = (type: string): string => `(component $Inner
  (core module $m (memory (export "memory") 1)
    (func (export "f") (param i32 i32))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $mem))
  (alias core export $i "realloc" (core func $realloc))
  (func (export "f") (param "x" ${type})
    (canon lift (core func $i "f") (memory $mem) (realloc (core func $realloc)))))`;

/** Makes code that passes a list of so many lists, each with that many elements at the same place. */
const listsOf = (count: number, length: number): string => `
  (import "h" "f" (func $f (param i32 i32)))
  (func (export "run") (result i32) (local $at i32)
    (loop
      (i32.store offset=4 (local.get $at) (i32.const ${length}))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if 0 (i32.lt_u (local.get $at) (i32.const ${count * 8}))))
    (call $f (i32.const 0) (i32.const ${count}))
    i32.const 0)`;

const outcomeOf = async (text: string) => (await runText(text)).outcome;
const trapped = (reason: string) => ({ kind: "trapped", reason });

describe("a guest that asks for more than it has", () => {
  test.each([
    ["(list (list u32))", "a list has too many elements"],
    ["(list string)", "a text is too long"],
    ["(list (list u8))", "a text is too long"],
  ])("by a %s that is the same place over and over ends", async (type, reason) => {
    const core = listsOf(10_000, 30_000);
    expect(await outcomeOf(calling(taking(type), { core, pages: 20 }))).toMatchObject(
      trapped(reason),
    );
  });

  test("by calls that have returned and never end ends", async () => {
    const inner = `(component $Inner
      (core func $return (canon task.return))
      (core func $new (canon waitable-set.new))
      (core module $m
        (import "h" "return" (func $return))
        (import "h" "new" (func $new (result i32)))
        (global $set (mut i32) (i32.const 0))
        (func (export "f") (result i32)
          (call $return)
          (if (i32.eqz (global.get $set)) (then (global.set $set (call $new))))
          (i32.or (i32.shl (global.get $set) (i32.const 4)) (i32.const 2)))
        (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
      (core instance $h (export "return" (func $return)) (export "new" (func $new)))
      (core instance $i (instantiate $m (with "h" (instance $h))))
      (func (export "f") async
        (canon lift (core func $i "f") async (callback (core func $i "callback")))))`;
    const core = `(import "h" "f" (func $f (result i32)))
      (func (export "run") (result i32) (loop (drop (call $f)) (br 0)) unreachable)`;
    expect(await outcomeOf(calling(inner, { core, lower: "async" }))).toMatchObject(
      trapped("too many calls at a time"),
    );
  });

  test("by components that hold ten of one another each is refused before it runs", async () => {
    const ten = "(instance (instantiate $x))".repeat(10);
    const levels = Array.from(
      { length: 9 },
      (_, at) => `(component $c${at + 1} (alias outer 1 $c${at} (component $x)) ${ten})`,
    );
    const text = `(component (component $c0) ${levels.join("\n")}
      (instance (instantiate $c9))
      (core module $m (func (export "run") (result i32) i32.const 0))
      (core instance $i (instantiate $m))
      (func $run async (result (result)) (canon lift (core func $i "run")))
      (instance $command (export "run" (func $run)))
      (export "wasi:cli/run@0.3.0" (instance $command)))`;
    await expect(outcomeOf(text)).rejects.toThrow("it uses more than 100000 parts");
  });
});
