import { readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { UnnamedFile } from "../../src/run/isolation/index.ts";
import { capMemory, memoriesOf } from "../../src/run/wasm/memory-cap.ts";
import { unsigned } from "../../src/run/wasm/sections.ts";
import { withoutDebug } from "../../src/run/wasm/without-debug.ts";
import { Workplace, guests, run } from "./support.ts";

/** Makes a custom section of this name. */
function custom(name: string, bytes: number): Uint8Array {
  const content = [name.length, ...Buffer.from(name), ...Array<number>(bytes).fill(7)];
  return Uint8Array.from([0, ...unsigned(BigInt(content.length)), ...content]);
}

const module = readFileSync(guests.files);

describe("a module that is handed over", () => {
  test("lacks its debugging information and nothing else", () => {
    const whole = Buffer.concat([module, custom(".debug_info", 300), custom("producers", 3)]);
    const without = Buffer.concat([module, custom("producers", 3)]);
    expect(Buffer.concat(withoutDebug(whole)).equals(without)).toBe(true);
  });

  test.each([
    ["that is cut off", Buffer.concat([module, custom(".debug_line", 40).subarray(0, 20)])],
    ["whose section has a name past its end", Buffer.concat([module, Buffer.from([0, 1, 90])])],
    ["that is text", Buffer.from("a text, and no module at all")],
  ])("%s goes over whole", (_what, bytes) => {
    expect(Buffer.concat(withoutDebug(bytes)).equals(bytes)).toBe(true);
  });

  test("runs the same, under the digest of its file", async () => {
    using workplace = new Workplace();
    using another = new Workplace();
    const file = workplace.path("debug.wasm");
    writeFileSync(file, Buffer.concat([module, custom(".debug_info", 300)]));
    const plain = await run(workplace, guests.files, ["hard-links"]);
    const debug = await run(another, file, ["hard-links"]);
    expect([debug.outcome, debug.stdout]).toEqual([plain.outcome, plain.stdout]);
    expect(plain.outcome).toEqual({ kind: "exited", exit: 0 });
    expect(debug.digest).not.toBe(plain.digest);
  });

  test("gets its limits where it lies, and the same ones as in a copy", () => {
    const room = Buffer.alloc(256 + module.length);
    module.copy(room, 256);
    const own = new Uint8Array(room.buffer, room.byteOffset + 256, module.length);
    const [copied, changed] = [
      capMemory(Uint8Array.from(module), 1 << 24),
      capMemory(own, 1 << 24, "the module"),
    ];
    if (!("module" in copied && "module" in changed)) throw new Error("it needs little memory");
    expect(Buffer.from(changed.module).equals(Buffer.from(copied.module))).toBe(true);
    expect(changed.module.buffer).toBe(own.buffer);
    expect(memoriesOf(changed.module)).toBe(1);
  });
});

test("a file without a name can be read and not written by who is given it", () => {
  using file = new UnnamedFile();
  file.add(Buffer.from("one "));
  file.add(Buffer.from("two"));
  const bytes = Buffer.alloc(20);
  expect(bytes.toString("utf8", 0, readSync(file.reader, bytes))).toBe("one two");
  expect(() => writeSync(file.reader, "x")).toThrow("EBADF");
});
