import { describe, expect, test } from "vitest";

import { writeComponent } from "../../support/component.ts";
import { some } from "../../support/some.ts";
import { Workplace, run } from "../support.ts";

/** A command that makes handles of a resource of its own for ever. */
const hoarder = (loop: string): string => `(component
  (type $own (resource (rep i32)))
  (core func $new (canon resource.new $own))
  (core func $drop (canon resource.drop $own))
  (core module $m
    (import "h" "new" (func $new (param i32) (result i32)))
    (import "h" "drop" (func $drop (param i32)))
    (global $next (mut i32) (i32.const 1))
    (func (export "run") (result i32)
      (loop
        (global.set $next (i32.add (global.get $next) (i32.const 1)))
        ${loop}
        (br 0))
      unreachable))
  (core instance $h (export "new" (func $new)) (export "drop" (func $drop)))
  (core instance $i (instantiate $m (with "h" (instance $h))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command)))`;

describe("a component that hoards handles of its own resource", () => {
  test.each(
    some([
      ["of ever new numbers", "(drop (call $new (global.get $next)))"],
      ["of one number", "(drop (call $new (i32.const 4)))"],
      ["that it drops again", "(call $drop (call $new (global.get $next)))"],
    ] as const),
  )("%s is trapped", async (_name, loop) => {
    using workplace = new Workplace();
    const guest = await writeComponent(workplace.path("guest.wasm"), hoarder(loop));
    expect((await run(workplace, guest)).outcome).toMatchObject({
      kind: "trapped",
      reason: "too many handles",
    });
  });
});
