import { describe, expect, test } from "vitest";

import { runText } from "./support.ts";

/** Makes a component that exports `double: async func(x: u32) -> u32` with this callee and these options. */
const worker = (core: string, lift: string): string => `
  (component $Worker
    (import "clock" (instance $clock (export "wait-for" (func async (param "how-long" u64)))))
    (alias export $clock "wait-for" (func $wait-for))
    (core func $wait (canon lower (func $wait-for) async))
    (core func $return (canon task.return (result u32)))
    (core func $acknowledge (canon task.cancel))
    (core func $set-new (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $drop (canon subtask.drop))
    (core func $cancel (canon subtask.cancel))
    (core func $get (canon context.get i32 0))
    (core func $put (canon context.set i32 0))
    (core module $m
      (import "h" "wait" (func $wait (param i64) (result i32)))
      (import "h" "return" (func $return (param i32)))
      (import "h" "acknowledge" (func $acknowledge))
      (import "h" "set-new" (func $set-new (result i32)))
      (import "h" "join" (func $join (param i32 i32)))
      (import "h" "drop" (func $drop (param i32)))
      (import "h" "cancel" (func $cancel (param i32) (result i32)))
      (import "h" "get" (func $get (result i32)))
      (import "h" "put" (func $put (param i32)))
      ${core})
    (core instance $h (export "wait" (func $wait)) (export "return" (func $return))
      (export "acknowledge" (func $acknowledge)) (export "set-new" (func $set-new)) (export "join" (func $join))
      (export "drop" (func $drop)) (export "cancel" (func $cancel)) (export "get" (func $get))
      (export "put" (func $put)))
    (core instance $i (instantiate $m (with "h" (instance $h))))
    (func (export "double") async (param "x" u32) (result u32) ${lift}))`;

/** Makes a command with the worker and this core module, which calls \`double\` as async and as sync. */
const command = (inner: string, core: string): string => `(component
  (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
    (export "wait-for" (func async (param "how-long" u64)))))
  ${inner}
  (instance $w (instantiate $Worker (with "clock" (instance $clock))))
  (core module $libc (memory (export "memory") 1))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $mem))
  (core func $start (canon lower (func $w "double") (memory $mem) async))
  (core func $double (canon lower (func $w "double") (memory $mem)))
  (core func $set-new (canon waitable-set.new))
  (core func $set-wait (canon waitable-set.wait (memory $mem)))
  (core func $join (canon waitable.join))
  (core func $drop (canon subtask.drop))
  (core func $cancel (canon subtask.cancel))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "h" "start" (func $start (param i32 i32) (result i32)))
    (import "h" "double" (func $double (param i32) (result i32)))
    (import "h" "set-new" (func $set-new (result i32)))
    (import "h" "set-wait" (func $set-wait (param i32 i32) (result i32)))
    (import "h" "join" (func $join (param i32 i32)))
    (import "h" "drop" (func $drop (param i32)))
    (import "h" "cancel" (func $cancel (param i32) (result i32)))
    (func $must (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
    (func $handle (param i32) (result i32) (i32.shr_u (local.get 0) (i32.const 4)))
    ${core})
  (core instance $h (export "start" (func $start)) (export "double" (func $double))
    (export "set-new" (func $set-new)) (export "set-wait" (func $set-wait)) (export "join" (func $join))
    (export "drop" (func $drop)) (export "cancel" (func $cancel)))
  (core instance $i (instantiate $m (with "h" (instance $h)) (with "libc" (instance $libc))))
  (func $run async (result (result)) (canon lift (core func $i "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.3.0" (instance $command)))`;

/** Waits for a while before it returns; if it is cancelled meanwhile, it says so. */
const patient = worker(
  `(global $x (mut i32) (i32.const 0))
   (func (export "double") (param i32) (result i32) (local $call i32) (local $set i32)
     (call $put (local.get 0))
     (local.set $call (i32.shr_u (call $wait (i64.const 50000000)) (i32.const 4)))
     (local.set $set (call $set-new))
     (call $join (local.get $call) (local.get $set))
     (global.set $x (local.get $call))
     (i32.or (i32.shl (local.get $set) (i32.const 4)) (i32.const 2)))
   (func (export "callback") (param $event i32) (param $handle i32) (param i32) (result i32)
     (if (i32.eq (local.get $event) (i32.const 6))
       (then
         (drop (call $cancel (global.get $x)))
         (call $drop (global.get $x))
         (call $acknowledge))
       (else
         (call $drop (local.get $handle))
         (call $return (i32.mul (call $get) (i32.const 2)))))
     i32.const 0)`,
  `(canon lift (core func $i "double") async (callback (core func $i "callback")))`,
);

const runs = async (inner: string, core: string) => (await runText(command(inner, core))).outcome;
const well = { kind: "exited", exit: 0 };

describe("a component in a component", () => {
  test("returns at once to who calls it, where it need not wait", async () => {
    const quick = worker(
      `(func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))`,
      `(canon lift (core func $i "double"))`,
    );
    const core = `(func (export "run") (result i32)
      (call $must (i32.eq (call $double (i32.const 21)) (i32.const 42)))
      (call $must (i32.eq (call $start (i32.const 4) (i32.const 64)) (i32.const 2)))
      (i32.ne (i32.load (i32.const 64)) (i32.const 8)))`;
    expect(await runs(quick, core)).toEqual(well);
  });

  test("lets who calls it wait, on the stack or not", async () => {
    const core = `(func (export "run") (result i32) (local $call i32) (local $set i32)
      (call $must (i32.eq (call $double (i32.const 21)) (i32.const 42)))
      (local.set $call (call $start (i32.const 4) (i32.const 64)))
      (call $must (i32.eq (i32.and (local.get $call) (i32.const 15)) (i32.const 1)))
      (local.set $set (call $set-new))
      (call $join (call $handle (local.get $call)) (local.get $set))
      (call $must (i32.eq (call $set-wait (local.get $set) (i32.const 16)) (i32.const 1)))
      (call $must (i32.eq (i32.load (i32.const 20)) (i32.const 2)))
      (call $drop (call $handle (local.get $call)))
      (i32.ne (i32.load (i32.const 64)) (i32.const 8)))`;
    expect(await runs(patient, core)).toEqual(well);
  });

  test("is asked to end, says so, and leaves no result", async () => {
    const core = `(func (export "run") (result i32) (local $call i32)
      (local.set $call (call $handle (call $start (i32.const 4) (i32.const 64))))
      (call $must (i32.eq (call $cancel (local.get $call)) (i32.const 4)))
      (call $drop (local.get $call))
      (i32.ne (i32.load (i32.const 64)) (i32.const 0)))`;
    expect(await runs(patient, core)).toEqual(well);
  });
});
