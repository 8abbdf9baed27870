import fc from "fast-check";
import { expect, test } from "vitest";

import { type Ino, type Name, rootIno } from "../../journal/index.ts";
import { profiles } from "../../src/fs/index.ts";
import { operations } from "../../src/fuse/calls/operations.ts";
import { mostTransferred } from "../../src/fuse/protocol/init.ts";
import { replay } from "../../src/history/index.ts";
import { treeDump } from "../support/dump/tree-dump.ts";
import { attempts } from "../support/scale.ts";
import { serving } from "./serving.ts";

const words = [0, 1, 2, 3, 4, 7, 9, 16, 0o1000, 4096, 0o040755, 0o100644, 2 ** 31, 2 ** 32 - 1];
const names = [
  "f",
  "d",
  "g",
  "",
  ".",
  "..",
  "a/b",
  "\u001b[2J\n",
  "n".repeat(255),
  "n".repeat(256),
];

const word = fc.constantFrom(...words).map((value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
});
const name = fc.oneof(
  fc.constantFrom(...names).map((text) => Buffer.from(`${text}\0`)),
  fc.constant(Buffer.from([0xff, 0xfe, 0])),
  fc.constant(Buffer.from("no end")),
);
/** A request with fields of usual values where most have theirs, with or without names, and perhaps cut. */
const body = fc
  .tuple(
    fc.array(word, { maxLength: 22 }),
    fc.array(name, { maxLength: 2 }),
    fc.option(fc.nat({ max: 100 })),
  )
  .map(([fields, texts, cut]) =>
    Buffer.concat([...fields, ...texts]).subarray(0, cut ?? undefined),
  );

test("whatever order requests of wrong nodes, lengths and names come in, the journal has what they did", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom(...operations.keys()),
          fc.oneof(fc.nat({ max: 8 }), fc.constant(2 ** 52)),
          body,
        ),
        { minLength: 20, maxLength: 60 },
      ),
      (requests) => {
        const { serve, fs, journal, reply } = serving({
          ...profiles.strict,
          descriptors: 4,
          inodes: 8,
        });
        for (const request of requests) {
          expect([0, 1]).toContain(serve(...request));
          expect(reply.length).toBeLessThanOrEqual(mostTransferred);
        }
        expect(treeDump(replay(journal, journal.head()))).toEqual(treeDump(fs.tree));
      },
    ),
    { numRuns: attempts(200) },
  );
});

/** The body of a request to create a file. */
const toCreate = (text: string): Buffer =>
  Buffer.concat([Buffer.alloc(16), Buffer.from(`${text}\0`)]);
const fileNamed = (text: string) => ({ parent: rootIno, name: text as Name });

test("a file that could not be opened is not made, and one that is there keeps its bytes", () => {
  const { serve, fs, served } = serving({ ...profiles.strict, descriptors: 1 });
  const file = 2 as Ino;
  fs.perform({ kind: "write", ino: file, offset: 0, length: 1 }, new Uint8Array(1));
  expect(serve(35, rootIno, toCreate("one"))).toBe(0);
  expect(serve(35, rootIno, toCreate("two"))).toBe(1);
  expect(served.child(rootIno, "two" as Name)).toBeUndefined();
  const truncating = Buffer.alloc(8);
  truncating.writeUInt32LE(0o1001);
  expect(serve(14, file, truncating)).toBe(1);
  expect(fs.read(file, 0, 9)).toHaveLength(1);
});

test("names and targets that no call of the kernel takes are left out, and refused", () => {
  const { serve, fs, reply } = serving({
    ...profiles.default,
    "name-bytes": 5_000,
    "path-bytes": 100_000,
  });
  fs.perform({ kind: "create", ...fileNamed("n".repeat(4_000)), mode: 0 });
  fs.perform({ kind: "symlink", ...fileNamed("far"), target: "t".repeat(4_096) });
  fs.perform({ kind: "symlink", ...fileNamed("near"), target: "t".repeat(4_095) });
  expect([4, 5].map((node) => serve(5, node, Buffer.alloc(0)))).toEqual([1, 0]);
  expect(serve(27, rootIno, Buffer.alloc(8))).toBe(0);
  const listing = Buffer.alloc(40);
  listing.writeUInt32LE(1, 0);
  listing.writeUInt32LE(8_192, 16);
  expect(serve(28, rootIno, listing)).toBe(0);
  const said = reply.buffer.toString("latin1", 16, 16 + reply.length);
  expect(said).not.toContain("nnn");
  for (const listed of ["f", "far", "near"]) expect(said).toContain(listed);
});

test("directories that are read at once take no more memory than some have entries, and are read to their end", () => {
  const { served } = serving();
  const entries = Array.from<readonly [Name, Ino]>({ length: 1_500_000 }).fill([
    "f" as Name,
    2 as Ino,
  ]);
  const opened = [1, 2, 3].map(() => served.directories.get(served.openDirectory(rootIno)));
  for (const open of opened) if (open !== undefined) served.keep(open, entries);
  expect(opened.map((open) => open?.entries?.length)).toEqual([undefined, undefined, 1_500_000]);
});
