import fc from "fast-check";
import { expect, test } from "vitest";

import { Listing } from "../../../journal/promises/listing.ts";
import { MalformedError } from "../../../journal/format/bytes.ts";
import type { Listed } from "../../../journal/index.ts";
import { listOf } from "../../support/journals/list-of.ts";

const times = { mtime: 2n, atime: 3n } as const;
const file = (name: string, size: number): Listed => ({
  type: "file",
  name,
  mode: 0o644,
  size,
  ...times,
  ctime: 4n,
  ino: 5n,
});
const directory = (name: string, children: number): Listed => ({
  type: "directory",
  name,
  mode: undefined,
  children,
  ...times,
});
const link = (name: string, to: number): Listed => ({ type: "link", name, to });
const seal = Buffer.alloc(16);

/** d (with e and a link to a), a, é. */
const entries: readonly Listed[] = [
  file("a", 3),
  directory("d", 2),
  { type: "symlink", name: "é", target: "a", ...times },
  link("b", 0),
  file("e", 300),
];
const bytes = listOf(3, entries);

test("the bytes of a list are what they always were", () => {
  expect(bytes.toString("hex")).toBe(
    [
      "010503",
      "000161a50303020000000000000003000000000000000400000000000000" + "0500000000000000",
      "01016400" + "02" + "0200000000000000" + "0300000000000000",
      "0202c3a90161" + "0200000000000000" + "0300000000000000",
      "03016200",
      "000165a503ac02" +
        "0200000000000000" +
        "0300000000000000" +
        "0400000000000000" +
        "0500000000000000",
    ].join(""),
  );
});

test("a list gives back its entries, their paths, and the files that hold promised bytes", () => {
  const listing = read(bytes);
  expect(entries.map((_, index) => listing.entry(index))).toEqual(entries);
  expect(entries.map((_, index) => listing.pathOf(index))).toEqual(["a", "d", "é", "d/b", "d/e"]);
  expect([listing.count, listing.top, listing.promised, listing.links]).toEqual([5, 3, 303, 1]);
  expect([listing.target(3), listing.linksTo(0), listing.firstIn(1)]).toEqual([0, [3], 3]);
  const holders = [-1, 0, 2, 3, 302, 303].map((at) => listing.fileAt(at)?.index);
  expect(holders).toEqual([undefined, 0, 0, 4, 4, undefined]);
});

test.each<readonly [string, number, readonly Listed[]]>([
  ["names that are out of order", 2, [file("b", 1), file("a", 1)]],
  ["a name twice", 2, [file("a", 1), file("a", 1)]],
  ["a name that leads elsewhere", 1, [file("..", 1)]],
  ["a name with a slash", 1, [file("a/b", 1)]],
  ["an empty name", 1, [file("", 1)]],
  ["a name with a NUL", 1, [file("a\0", 1)]],
  ["an entry in no directory", 1, [file("a", 1), file("b", 1)]],
  ["fewer entries than it says", 3, [file("a", 1)]],
  ["a directory of more entries than there are", 1, [directory("d", 2), file("a", 1)]],
  ["a name of a directory", 2, [directory("d", 0), link("e", 0)]],
  ["a name of something after it", 2, [link("a", 1), file("b", 1)]],
  ["a name of itself", 1, [link("a", 0)]],
  ["a name of a name", 3, [file("a", 1), link("b", 0), link("c", 1)]],
  ["a symlink to nothing", 1, [{ type: "symlink", name: "a", target: "", ...times }]],
  ["more bytes than there can be", 2, [file("a", 2 ** 53 - 1), file("b", 2 ** 53 - 1)]],
])("a list with %s is refused", (_, top, wrong) => {
  expect(() => read(listOf(top, wrong))).toThrow(MalformedError);
});

test("a list that claims more entries than it has room for is refused before memory is taken for them", () => {
  const claims = Buffer.from([1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07, 0]);
  expect(() => read(claims)).toThrow(/too short/);
});

test("a list whose directories no path could reach is refused", () => {
  const nested = (depth: number) =>
    listOf(
      1,
      Array.from({ length: depth }, (_, index) => directory("d", index === depth - 1 ? 0 : 1)),
    );
  expect(read(nested(4_096)).count).toBe(4_096);
  expect(() => read(nested(4_097))).toThrow(/nested too deep/);
});

test("whatever bytes stand in a list, it is refused or it is a tree", () => {
  const changed = fc.array(
    fc.record({ at: fc.nat(bytes.length - 1), to: fc.integer({ min: 0, max: 255 }) }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(changed, fc.nat(bytes.length), (changes, cut) => {
      const forged = Buffer.from(bytes);
      for (const { at, to } of changes) forged[at] = to;
      const some = cut % 4 === 0 ? forged.subarray(0, cut) : forged;
      let listing: Listing;
      try {
        listing = read(some);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
        return;
      }
      const paths = new Set<string>();
      let size = 0;
      for (let index = 0; index < listing.count; index += 1) {
        const entry = listing.entry(index);
        if (entry.type === "file") size += entry.size;
        const parent = listing.parentOf(index);
        if (parent !== undefined) expect(listing.entry(parent).type).toBe("directory");
        expect(["file", "symlink", "directory"]).toContain(
          listing.entry(listing.target(index)).type,
        );
        paths.add(listing.pathOf(index));
      }
      expect(paths.size).toBe(listing.count);
      expect(size).toBe(listing.promised);
    }),
    { numRuns: 2_000 },
  );
});

function read(list: Buffer): Listing {
  return new Listing(Buffer.concat([list, seal]));
}
