import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import {
  type Journal,
  type Seq,
  type StoredBase,
  basePageDigest,
  memorySnapshots,
  openReader,
  openWriter,
  verify,
} from "../../../journal/index.ts";
import { type Tree, MisfitError, entriesOf, requireTree } from "../../../src/fs/index.ts";
import { UnknownBaseVersion, readBase } from "../../../src/history/base/read.ts";
import { writeBase } from "../../../src/history/base/write.ts";
import { SnapshotDamage } from "../../../src/history/base/bytes.ts";
import {
  SnapshotWriter,
  baseState,
  openHistory,
  readRange,
  replay,
  storeOf,
  tapeOf,
  verifyStates,
} from "../../../src/history/index.ts";
import { exportDirectory } from "../../../src/host/index.ts";
import { scratch } from "../../journal/support.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { steps } from "../../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { scale } from "../../support/scale.ts";

const file = scratch();

/** A journal that the code of a format made, and that code's states: the base, the one just after it, and the last. */
const folded = [
  {
    format: 2,
    base: 1_124,
    head: "091bb7d5f344f41964a337ad9949087e0cbc6da7fc829a31f43dbca11d437d4f",
    states: new Map([
      [1_124, "10d389fb22b54e3888147f554f23f1bd"],
      [1_127, "3707361dde21468d0a309d46fb3c60eb"],
      [1_136, "f2efeb8783d187378251759659362b56"],
    ]),
  },
  {
    format: 3,
    base: 10,
    head: "622446dc4fa9e7d8f1cdb3274f8e6591a8fc4fc0d207f65d3ea09539f053b7e6",
    states: new Map([
      [10, "50a72469180564416bbe9dbd4046e587"],
      [13, "983c63dfbf984580e3661c3d4d3d2949"],
      [19, "1910f3c27a918c1aa08506ca7983e9e2"],
    ]),
  },
  {
    format: 4,
    base: 1_126,
    head: "e3d0d76c1fea24af41e2b88602775ff4f6816dd30c6407dab308924fd3506d53",
    states: new Map([
      [1_126, "7d374ef3717050b66a962520535ae999"],
      [1_129, "e92720d56032be0f01caef7dad237456"],
      [1_138, "63719ca81f1caae1877f707039c724f4"],
    ]),
  },
  {
    format: 5,
    base: 11,
    head: "46e916663dd802c04c0e5b2dd2cca48e65208b37c53fa4e8532571281e5dd62c",
    states: new Map([
      [11, "ecadaf9dc84c340f1012d1cbf9e5a8ff"],
      [12, "b0312a8105a659583cc59f163b8c28c3"],
      [18, "3d626dc6a88c8d637deb31d3d9071436"],
    ]),
  },
];

for (const { format, base, head, states } of folded) {
  const written = (name: string) => write(`${format}-${name}.db`, format);

  test(`a compacted journal of format ${format} is read, and its states are what they were`, () => {
    const path = written("read");
    const before = readFileSync(path);
    const reader = openReader(path);
    expect(reader.base()?.seq).toBe(base);
    expect(digestsOf(reader, states.keys())).toEqual(states);
    expect(verifyStates(reader)).toBeUndefined();
    reader.close();
    expect(verify(path, { head })).toMatchObject({ ok: true, folded: base });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test(`the base of format ${format} is written again byte for byte, but for the version`, () => {
    const reader = openReader(written("again"));
    const { bytes, page } = storedBaseOf(reader);
    const same = (made: Uint8Array): string => {
      expect(page(basePageDigest(made))).toEqual(Buffer.from(made));
      return basePageDigest(made);
    };
    const expected = Uint8Array.from(bytes());
    expected[0] = 3;
    expect(writeBase(readBase(bytes(), page), same)).toEqual(expected);
    reader.close();
  });

  test(`a compacted journal of format ${format} is exported`, () => {
    const reader = openReader(written("export"));
    const history = openHistory(reader);
    const target = file(`exported-${format}`);
    exportDirectory(history.at(base as Seq), reader, target);
    const text = new TextDecoder().decode(history.state(base).readFile("/notes.md"));
    expect(readFileSync(`${target}/notes.md`, "utf8")).toBe(text);
    reader.close();
  });

  test(`a writer goes on from a compacted journal of format ${format}`, () => {
    const path = written("write");
    openWriter(path).close();
    const reader = openReader(path);
    expect(digestsOf(reader, states.keys())).toEqual(states);
    reader.close();
    expect(verify(path, { head })).toMatchObject({ ok: true, folded: base });
  });
}

test("a compacted journal whose snapshots are of another version is read as before, and they are made again", () => {
  const path = write("cache.db", 4);
  const { base, states } = folded[2] ?? { base: 0, states: new Map<number, string>() };
  const reader = openReader(path);
  new SnapshotWriter(reader, { leastEvents: 2, mostIncrements: 3 }).advance();
  const snapshots = storeOf(reader);
  const stored = snapshots.list();
  expect(stored.some((one) => one.base === base)).toBe(true);
  expect(stored.some((one) => one.base === one.seq)).toBe(true);
  snapshots.transact(() => {
    for (const one of stored) {
      const bytes = Uint8Array.from(snapshots.read(one.seq) ?? []);
      bytes[0] = 77;
      snapshots.put(one, bytes);
    }
  });
  expect(digestsOf(reader, states.keys())).toEqual(states);
  expect(verifyStates(reader)).toBeUndefined();
  new SnapshotWriter(reader, { leastEvents: 2, mostIncrements: 3 }).advance();
  expect(snapshots.list().map(({ seq }) => snapshots.read(seq)?.[0])).not.toContain(77);
  expect(digestsOf(reader, states.keys())).toEqual(states);
  expect(verifyStates(reader)).toBeUndefined();
  reader.close();
  expect(verify(path)).toMatchObject({ ok: true });
});

test("a compacted journal is read with snapshots that are kept elsewhere", () => {
  const reader = openReader(write("elsewhere.db", 4));
  const snapshots = memorySnapshots();
  const { states } = folded[2] ?? { states: new Map<number, string>() };
  new SnapshotWriter(reader, { leastEvents: 2, snapshots }).advance();
  expect(snapshots.list().length).toBeGreaterThan(0);
  expect(digestsOf(reader, states.keys(), snapshots)).toEqual(states);
  reader.close();
});

test("a base comes back from its bytes, and the bytes from what came back", () => {
  fc.assert(
    fc.property(steps(40), (changes) => {
      const { fs, journal } = openRecording(":memory:");
      changeAsRun(fs, changes);
      const seq = journal.head();
      const { bytes, pages } = baseState(journal, seq);
      const byDigest = new Map(pages.map((page) => [basePageDigest(page), page]));
      const state = readBase(bytes, (page) => byDigest.get(page) ?? new Uint8Array());
      expect(state.tapeLength).toBe(journal.tapeLength(seq));
      requireTree(state.tree, state.tapeLength);
      expect([...fullDump(state.tree)]).toEqual([...fullDump(replay(journal, seq))]);
      expect(writeBase(state, basePageDigest)).toEqual(bytes);
      journal.close();
    }),
    { numRuns: 10 * scale },
  );
});

test("bytes of a base that were changed are refused, or are another tree: they never do harm", () => {
  const reader = openReader(write("hostile.db", 4));
  const stored = storedBaseOf(reader);
  const bytes = stored.bytes();
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (at, by, inPage) => {
        const flip = (from: Uint8Array): Uint8Array => {
          const changed = Uint8Array.from(from);
          const index = at % changed.length;
          changed[index] = (changed[index] ?? 0) ^ by;
          return changed;
        };
        const pageOf: StoredBase["page"] = (digest) =>
          inPage ? flip(stored.page(digest)) : stored.page(digest);
        try {
          const { tree, tapeLength } = readBase(inPage ? bytes : flip(bytes), pageOf);
          requireTree(tree, tapeLength);
        } catch (error) {
          if (error instanceof SnapshotDamage || error instanceof MisfitError) return;
          // A digest that was changed names no page.
          if (error instanceof UnknownBaseVersion || !inPage) return;
          throw error;
        }
      },
    ),
    { numRuns: 70 * scale },
  );
  reader.close();
});

test("bytes of a base that are cut short, or go on, are refused", () => {
  const reader = openReader(write("cut.db", 4));
  const stored = storedBaseOf(reader);
  const bytes = stored.bytes();
  for (let length = 1; length < bytes.length; length += 1)
    expect(() => readBase(bytes.subarray(0, length), stored.page)).toThrow(SnapshotDamage);
  expect(() => readBase(Buffer.concat([bytes, Buffer.alloc(1)]), stored.page)).toThrow(
    SnapshotDamage,
  );
  reader.close();
});

test("a base that a later version wrote is refused by its version, with what to do", () => {
  const reader = openReader(write("newer.db", 4));
  const later: Journal = {
    ...reader,
    snapshots: () => memorySnapshots(),
    storedBase: () => ({ bytes: () => Uint8Array.of(4, 1, 2), page: () => new Uint8Array() }),
  };
  expect(() => openHistory(later).at(1_130 as Seq)).toThrow(
    /the state that it begins with is of version 4 \(this is 3\)/,
  );
  reader.close();
});

function storedBaseOf(journal: Journal): StoredBase {
  const stored = journal.storedBase?.();
  if (stored === undefined) throw new Error("it has no base");
  return stored;
}

function write(name: string, format: number): string {
  const url = new URL(`../../fixtures/folded-format-${format}.db.zst`, import.meta.url);
  writeFileSync(file(name), zstdDecompressSync(readFileSync(url)));
  return file(name);
}

function digestsOf(
  journal: Journal,
  seqs: Iterable<number>,
  snapshots = storeOf(journal),
): ReadonlyMap<number, string> {
  const history = openHistory(journal, { snapshots });
  return new Map(
    Array.from(seqs, (seq) => [seq, digestOf(history.at(seq as Seq), journal)] as const),
  );
}

/** A digest of all that a state holds, with the bytes of its files. */
function digestOf(tree: Tree, journal: Journal): string {
  const hash = createHash("sha256");
  for (const [ino, line] of fullDump(tree)) hash.update(`${ino} ${line}\n`);
  for (const [, inode] of entriesOf(tree.inodes))
    if (inode.type === "file") hash.update(readRange(inode, tapeOf(journal)));
  return hash.digest("hex").slice(0, 32);
}
