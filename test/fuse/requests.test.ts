import fc from "fast-check";
import { expect, test } from "vitest";

import { profiles } from "../../src/fs/index.ts";
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

test("a range is copied without its bytes within the limits of a write, and refused where it costs more than they do", () => {
  const limits = { ...profiles.strict, bytes: 1024 * 1024, "file-bytes": 2 * 1024 * 1024 };
  const { serve, fs, served } = serving(limits);
  const body = Buffer.alloc(56);
  /** Copies within the file, as the kernel asks for it. */
  const copy = (from: number, to: number, length: number) => {
    body.writeBigUInt64LE(BigInt(from), 8);
    body.writeBigUInt64LE(2n, 16);
    body.writeBigUInt64LE(BigInt(to), 32);
    body.writeBigUInt64LE(BigInt(length), 40);
    return serve(47, 2, body);
  };
  const write = (offset: number, bytes: Uint8Array) =>
    served.perform({ kind: "write", ino: 2 as never, offset, length: bytes.length }, bytes);
  const half = 128 * 1024;
  const bytes = Buffer.alloc(2 * half, "both halves ");
  write(0, bytes);
  expect(copy(half, 2 * half, half)).toBe(0);
  expect(Buffer.from(fs.read(2 as never, 2 * half, 3 * half))).toEqual(bytes.subarray(half));
  // Into a hole, over what is there, and beyond the end of what there is to copy.
  const last = 7 * half - 70_000;
  expect(copy(0, 5 * half, 2 * half)).toBe(0);
  expect(copy(last, 0, half)).toBe(0);
  expect(fs.read(2 as never, 0, 70_000)).toEqual(fs.read(2 as never, last, 70_000));
  const before = fs.head;
  expect(copy(0, 6 * half, 60_000)).toBe(1);
  expect(copy(7 * half, 0, half)).toBe(1);
  expect(copy(0, 16 * half, half)).toBe(1);
  expect(copy(0, 9 * half, 4 * half)).toBe(1);
  // Every other byte was written by itself.
  for (let at = 0; at < 1_100; at += 1) write(2 * at, Uint8Array.of(at));
  const after = fs.head;
  expect(copy(0, 7 * half, half)).toBe(1);
  expect([fs.head === after, after - before]).toEqual([true, 1_100]);
});
