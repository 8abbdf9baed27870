import fc from "fast-check";
import { expect, test } from "vitest";

import { operations } from "../../src/fuse/calls/operations.ts";
import { serving } from "./serving.ts";

test("requests of any bytes are served or refused, and read nothing beyond their end", () => {
  const { serve } = serving();
  const numbers = [...operations.keys(), 0, 999];
  fc.assert(
    fc.property(
      fc.constantFrom(...numbers),
      fc.constantFrom(0, 1, 2, 3, Number.MAX_SAFE_INTEGER, 2 ** 52),
      fc.uint8Array({ maxLength: 140 }),
      (opcode, node, body) => {
        expect([0, 1]).toContain(serve(opcode, node, body));
      },
    ),
    { numRuns: 3_000 },
  );
});

test("a request that is shorter than its kind is refused, whatever stands behind it in memory", () => {
  const { serve } = serving();
  // Those that say all with their node, or whose fields may be missing.
  const bare = new Set([2, 3, 5, 17, 18, 20, 27, 30, 38, 50]);
  for (const opcode of operations.keys()) {
    if (bare.has(opcode)) continue;
    expect([opcode, serve(opcode, 2, new Uint8Array(0))]).toEqual([opcode, 1]);
    expect([opcode, serve(opcode, 2, new Uint8Array(3).fill(0x41))]).toEqual([opcode, 1]);
  }
});

test("a write that claims more bytes than there are is refused", () => {
  const { serve } = serving();
  const body = Buffer.alloc(50);
  body.writeUInt32LE(10, 16);
  expect(serve(16, 2, body)).toBe(0);
  body.writeUInt32LE(11, 16);
  expect(serve(16, 2, body)).toBe(1);
  body.writeUInt32LE(0xffff_ffff, 16);
  expect(serve(16, 2, body)).toBe(1);
});

test("a count of inodes to forget is checked against what was sent", () => {
  const { serve } = serving();
  const body = Buffer.alloc(8 + 16);
  body.writeUInt32LE(1, 0);
  expect(serve(42, 0, body)).toBe(0);
  body.writeUInt32LE(0xffff_ffff, 0);
  expect(serve(42, 0, body)).toBe(1);
});
