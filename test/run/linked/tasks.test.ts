import { describe, expect, test } from "vitest";

import { runText, third } from "./support.ts";

const clock = {
  imports: `(import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
    (export "wait-for" (func async (param "how-long" u64)))))
    (alias export $clock "wait-for" (func $wait-for))`,
  builtins: `(core func $wait (canon lower (func $wait-for) async))
    (core func $wait-here (canon lower (func $wait-for)))
    (core func $return (canon task.return (result (result))))
    (core func $set-new (canon waitable-set.new))
    (core func $set-wait (canon waitable-set.wait (memory $mem)))
    (core func $set-poll (canon waitable-set.poll (memory $mem)))
    (core func $set-drop (canon waitable-set.drop))
    (core func $join (canon waitable.join))
    (core func $cancel (canon subtask.cancel))
    (core func $drop (canon subtask.drop))
    (core func $acknowledge (canon task.cancel))
    (core func $yield (canon thread.yield))
    (core func $get (canon context.get i32 0))
    (core func $put (canon context.set i32 0))`,
  given: `(export "wait" (func $wait)) (export "wait-here" (func $wait-here))
    (export "return" (func $return)) (export "set-new" (func $set-new)) (export "set-wait" (func $set-wait))
    (export "set-poll" (func $set-poll)) (export "set-drop" (func $set-drop)) (export "join" (func $join))
    (export "cancel" (func $cancel)) (export "drop" (func $drop)) (export "yield" (func $yield))
    (export "acknowledge" (func $acknowledge)) (export "get" (func $get)) (export "put" (func $put))`,
} as const;

const declared = `
  (import "h" "wait" (func $wait (param i64) (result i32)))
  (import "h" "wait-here" (func $wait-here (param i64)))
  (import "h" "return" (func $return (param i32)))
  (import "h" "set-new" (func $set-new (result i32)))
  (import "h" "set-wait" (func $set-wait (param i32 i32) (result i32)))
  (import "h" "set-poll" (func $set-poll (param i32 i32) (result i32)))
  (import "h" "set-drop" (func $set-drop (param i32)))
  (import "h" "join" (func $join (param i32 i32)))
  (import "h" "cancel" (func $cancel (param i32) (result i32)))
  (import "h" "drop" (func $drop (param i32)))
  (import "h" "yield" (func $yield (result i32)))
  (import "h" "acknowledge" (func $acknowledge))
  (import "h" "get" (func $get (result i32)))
  (import "h" "put" (func $put (param i32)))
  (func $must (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))`;

const stackful = `(canon lift (core func $i "run") async)`;
const withCallback = `(canon lift (core func $i "run") async (callback (core func $i "callback")))`;

/** Runs a command with this core module. */
const runs = async (code: string, lift?: string) =>
  (
    await runText(
      third({ ...clock, core: `${declared} ${code}`, ...(lift === undefined ? {} : { lift }) }),
    )
  ).outcome;

const exited = (exit: number) => ({ kind: "exited", exit });
const trapped = (reason: string) => ({ kind: "trapped", reason });

describe("a command of WASI 0.3", () => {
  test.each([
    ["0 where its run is ok", 0],
    ["1 where its run is err", 1],
  ])("exits with %s, whichever way its run is lifted", async (_name, exit) => {
    const asTask = `(call $return (i32.const ${exit}))`;
    expect(await runs(`(func (export "run") (result i32) i32.const ${exit})`)).toEqual(
      exited(exit),
    );
    expect(await runs(`(func (export "run") ${asTask})`, stackful)).toEqual(exited(exit));
    const callback = `(func (export "run") (result i32) ${asTask} i32.const 0)
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable)`;
    expect(await runs(callback, withCallback)).toEqual(exited(exit));
  });

  test("goes on after it has returned, until it is at its end", async () => {
    const code = `
      (func (export "run") (result i32) (call $return (i32.const 1)) (call $put (i32.const 7)) i32.const 1)
      (func (export "callback") (param i32 i32 i32) (result i32)
        (call $must (i32.eq (call $get) (i32.const 7)))
        (call $must (i32.eqz (local.get 0)))
        unreachable)`;
    expect(await runs(code, withCallback)).toMatchObject(trapped("unreachable"));
  });

  test("that has returned and waits for what never comes ends as it returned", async () => {
    const code = `
      (func (export "run") (result i32) (call $return (i32.const 0))
        (i32.or (i32.shl (call $set-new) (i32.const 4)) (i32.const 2)))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable)`;
    expect(await runs(code, withCallback)).toEqual(exited(0));
  });

  test("waits for a call with its callback, and is told of its end", async () => {
    const code = `
      (func (export "run") (result i32) (local $call i32) (local $set i32)
        (local.set $call (call $wait (i64.const 50000000)))
        (call $must (i32.eq (i32.and (local.get $call) (i32.const 15)) (i32.const 1)))
        (local.set $set (call $set-new))
        (call $join (i32.shr_u (local.get $call) (i32.const 4)) (local.get $set))
        (call $put (i32.shr_u (local.get $call) (i32.const 4)))
        (i32.or (i32.shl (local.get $set) (i32.const 4)) (i32.const 2)))
      (func (export "callback") (param $event i32) (param $handle i32) (param $state i32) (result i32)
        (call $must (i32.eq (local.get $event) (i32.const 1)))
        (call $must (i32.eq (local.get $handle) (call $get)))
        (call $must (i32.eq (local.get $state) (i32.const 2)))
        (call $join (local.get $handle) (i32.const 0))
        (call $drop (local.get $handle))
        (call $return (i32.const 0))
        i32.const 0)`;
    expect(await runs(code, withCallback)).toEqual(exited(0));
  });

  test("waits for a call on its stack", async () => {
    const code = `
      (func (export "run") (local $call i32) (local $set i32)
        (local.set $set (call $set-new))
        (call $must (i32.eqz (call $set-poll (local.get $set) (i32.const 16))))
        (local.set $call (i32.shr_u (call $wait (i64.const 50000000)) (i32.const 4)))
        (call $join (local.get $call) (local.get $set))
        (call $must (i32.eq (call $set-wait (local.get $set) (i32.const 16)) (i32.const 1)))
        (call $must (i32.eq (i32.load (i32.const 16)) (local.get $call)))
        (call $must (i32.eq (i32.load (i32.const 20)) (i32.const 2)))
        (call $drop (local.get $call))
        (call $set-drop (local.get $set))
        (call $wait-here (i64.const 1000000))
        (call $return (i32.const 0)))`;
    expect(await runs(code, stackful)).toEqual(exited(0));
  });

  test("cancels a call, which then has not returned", async () => {
    const code = `
      (func (export "run") (local $call i32)
        (local.set $call (i32.shr_u (call $wait (i64.const 0x7fffffffffffffff)) (i32.const 4)))
        (call $must (i32.eq (call $cancel (local.get $call)) (i32.const 4)))
        (call $drop (local.get $call))
        (call $return (i32.const 0)))`;
    expect(await runs(code, stackful)).toEqual(exited(0));
  });

  test("has a call that ends at once without a handle to it", async () => {
    const code = `(func (export "run")
      (call $must (i32.eq (call $wait (i64.const 0)) (i32.const 2))) (call $return (i32.const 0)))`;
    expect(await runs(code, stackful)).toEqual(exited(0));
  });
});

describe("a command of WASI 0.3 traps", () => {
  const doNothing = `(func (export "callback") (param i32 i32 i32) (result i32) i32.const 0)`;
  test.each([
    [
      "where it ends without a result",
      `(func (export "run"))`,
      stackful,
      "a task ends without a result",
    ],
    [
      "where it returns twice",
      `(func (export "run") (call $return (i32.const 0)) (call $return (i32.const 0)))`,
      stackful,
      "a task returns twice",
    ],
    [
      "where it returns no known case",
      `(func (export "run") (call $return (i32.const 2)))`,
      stackful,
      "unknown case of a variant",
    ],
    [
      "where its run, lifted for a result, asks for a task's",
      `(func (export "run") (result i32) (call $return (i32.const 0)) i32.const 0)`,
      undefined,
      "task.return of another function",
    ],
    [
      "where its callback returns no known code",
      `(func (export "run") (result i32) i32.const 9) ${doNothing}`,
      withCallback,
      "unknown code of a callback",
    ],
    [
      "where it waits for a set that it does not have",
      `(func (export "run") (result i32) i32.const 0x72) ${doNothing}`,
      withCallback,
      "unknown handle index",
    ],
    [
      "where it waits for what never comes",
      `(func (export "run") (drop (call $set-wait (call $set-new) (i32.const 16))))`,
      stackful,
      "deadlock: it waits for something that never comes",
    ],
    [
      "where an event has no place in its memory",
      `(func (export "run") (drop (call $set-wait (call $set-new) (i32.const 0xfffc))))`,
      stackful,
      "pointer out of bounds of memory",
    ],
    [
      "where it drops a call before its end",
      `(func (export "run") (call $drop (i32.shr_u (call $wait (i64.const 1000000000)) (i32.const 4))))`,
      stackful,
      "a call is dropped before its caller knows of its end",
    ],
    [
      "where it drops a set that something is in",
      `(func (export "run") (local $set i32) (local.set $set (call $set-new))
        (call $join (i32.shr_u (call $wait (i64.const 1000000000)) (i32.const 4)) (local.get $set))
        (call $set-drop (local.get $set)))`,
      stackful,
      "a set of waitables is still in use",
    ],
    [
      "where it ends a task as cancelled that was not",
      `(func (export "run") (call $acknowledge))`,
      stackful,
      "task.cancel of a task that was not cancelled",
    ],
    [
      "where it hoards sets",
      `(func (export "run") (loop (drop (call $set-new)) (br 0)))`,
      stackful,
      "too many handles",
    ],
    [
      "where it hoards calls",
      `(func (export "run") (loop (drop (call $wait (i64.const 0x7fffffffffffffff))) (br 0)))`,
      stackful,
      "too many handles",
    ],
  ])("%s", async (_name, code, lift, reason) => {
    expect(await runs(code, lift)).toMatchObject(trapped(reason));
  });
});
