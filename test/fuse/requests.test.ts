import fc from "fast-check";
import { expect, test } from "vitest";

import { type Ino, openWriter, rootIno } from "../../journal/index.ts";
import { FileSystem, FsError, emptyTree, profiles } from "../../src/fs/index.ts";
import { operations } from "../../src/fuse/calls/operations.ts";
import { Served } from "../../src/fuse/calls/served.ts";
import { longestEntry } from "../../src/fuse/calls/directories.ts";
import { Refusal } from "../../src/fuse/protocol/errno.ts";
import { longestRequest, mostTransferred } from "../../src/fuse/protocol/init.ts";
import { Reply } from "../../src/fuse/protocol/reply.ts";
import { Request, requestHeaderBytes } from "../../src/fuse/protocol/request.ts";

/** Serves requests of any bytes; returns what each led to. */
function serving() {
  const journal = openWriter(":memory:");
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.strict });
  fs.begin({ cause: "guest", guest: "test", args: [], environment: [], digest: "" });
  fs.perform({ kind: "create", parent: rootIno, name: "f" as never, mode: 0o644 });
  const served = new Served(fs, { uid: 0, gid: 0 }, () => 1n);
  const request = new Request(Buffer.alloc(longestRequest, 0x41));
  const reply = new Reply(mostTransferred + longestEntry);
  return (opcode: number, node: Ino | number, body: Uint8Array): number | "broken" => {
    const length = requestHeaderBytes + body.length;
    const { buffer } = request;
    buffer.writeUInt32LE(length, 0);
    buffer.writeUInt32LE(opcode, 4);
    buffer.writeBigUInt64LE(BigInt(node), 16);
    buffer.set(body, requestHeaderBytes);
    if (!request.take(length)) return "broken";
    reply.begin(buffer);
    try {
      operations.get(opcode)?.serve(served, request, reply);
      return 0;
    } catch (error) {
      if (error instanceof Refusal || error instanceof FsError) return 1;
      throw error;
    }
  };
}

test("requests of any bytes are served or refused, and read nothing beyond their end", () => {
  const serve = serving();
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
  const serve = serving();
  // Those that say all with their node, or whose fields may be missing.
  const bare = new Set([2, 3, 5, 17, 18, 20, 27, 30, 38, 50]);
  for (const opcode of operations.keys()) {
    if (bare.has(opcode)) continue;
    expect([opcode, serve(opcode, 2, new Uint8Array(0))]).toEqual([opcode, 1]);
    expect([opcode, serve(opcode, 2, new Uint8Array(3).fill(0x41))]).toEqual([opcode, 1]);
  }
});

test("a write that claims more bytes than there are is refused", () => {
  const serve = serving();
  const body = Buffer.alloc(50);
  body.writeUInt32LE(10, 16);
  expect(serve(16, 2, body)).toBe(0);
  body.writeUInt32LE(11, 16);
  expect(serve(16, 2, body)).toBe(1);
  body.writeUInt32LE(0xffff_ffff, 16);
  expect(serve(16, 2, body)).toBe(1);
});

test("a count of inodes to forget is checked against what was sent", () => {
  const serve = serving();
  const body = Buffer.alloc(8 + 16);
  body.writeUInt32LE(1, 0);
  expect(serve(42, 0, body)).toBe(0);
  body.writeUInt32LE(0xffff_ffff, 0);
  expect(serve(42, 0, body)).toBe(1);
});
