import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { type Seq, openReader, openWriter, rootIno } from "../../../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../../../src/fs/index.ts";
import { SnapshotWriter, storeOf, verifyStates } from "../../../src/history/index.ts";
import { checkLater, middleOf } from "../../../src/history/ask/later-half.ts";
import { StateCheck } from "../../../src/history/ask/state-check.ts";
import { verifyInHalves } from "../../../src/history/ask/verify.ts";
import { makeChanges } from "../../support/model/mutations.ts";
import { Random } from "../../support/random.ts";
import { some } from "../../support/some.ts";

const directory = mkdtempSync(join(tmpdir(), "rewindfs-halves-"));
afterAll(() => rmSync(directory, { recursive: true }));
const original = join(directory, "original.db");
const changed = join(directory, "changed.db");

make(original);

/** Records some thousand changes, and an event that cannot be at the end. */
function make(file: string, end: "as it was" | "forged" = "as it was"): Seq {
  const journal = openWriter(file, { durability: "batch" });
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  const random = new Random(16);
  fs.begin({ cause: "library", guest: "test", args: [], environment: [], digest: "" });
  const changes = Array.from({ length: 4_000 }, () => ({
    kind: random.pick(["create", "mkdir", "write", "write", "rename", "unlink"] as const),
    a: random.below(50),
    b: random.below(50),
    name: random.below(8),
    size: random.below(2_000),
  }));
  makeChanges(fs, changes);
  journal.commit();
  new SnapshotWriter(journal, { leastEvents: 2 }).advance();
  if (end === "forged") journal.append({ kind: "set-size", ino: rootIno, path: "/", size: 1 });
  else fs.end({ exit: 0 });
  const head = journal.head();
  journal.close();
  return head;
}

test("the later half begins with the state that the first half makes", () => {
  const journal = openReader(original);
  const [middle, last] = [middleOf(journal), journal.head()];
  if (middle === undefined) throw new Error("there is no middle");
  expect(Math.abs(middle - last / 2)).toBeLessThan(last / 8);
  const check = new StateCheck(journal, undefined);
  expect(check.upTo(middle)).toBeUndefined();
  const later = checkLater({ file: original, middle, last });
  expect(later).toMatchObject({ misfit: undefined, met: { isAll: true } });
  expect(Buffer.from(later?.print ?? []).equals(check.print())).toBe(true);
  expect(later?.met.pages.length).toBeGreaterThan(0);
  expect(verifyInHalves(journal, original)).toBeUndefined();
  journal.close();
});

test("an event that cannot be is found in the later half", () => {
  const forged = join(directory, "forged.db");
  const seq = make(forged, "forged");
  const journal = openReader(forged);
  const middle = middleOf(journal) ?? (0 as Seq);
  expect(checkLater({ file: forged, middle, last: seq })).toMatchObject({ misfit: { seq } });
  expect(verifyInHalves(journal, forged)).toEqual(verifyStates(journal));
  expect(verifyInHalves(journal, forged)).toMatchObject({ seq, path: "/" });
  journal.close();
});

test("stored snapshots are checked in both halves, that in the middle too", () => {
  const reader = openReader(original);
  const rows = storeOf(reader).list();
  const middle = middleOf(reader);
  reader.close();
  const at = rows.findIndex(({ seq }) => seq === middle);
  for (const row of some([rows[at - 3], rows[at], rows[at + 3], rows.at(-1)], 2)) {
    if (row === undefined) throw new Error("there are too few snapshots");
    copyFileSync(original, changed);
    const journal = openReader(changed);
    const store = storeOf(journal);
    const bytes = store.read(row.seq);
    if (bytes === undefined) throw new Error("it cannot be read");
    // The last byte of an entry's name, or of a number: the frame can be read as before.
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    store.transact(() => store.put(row, bytes));
    expect(verifyInHalves(journal, changed)).toMatchObject({ seq: row.seq });
    journal.close();
  }
});

test("a page that no snapshot names is found", () => {
  copyFileSync(original, changed);
  const journal = openReader(changed);
  const store = storeOf(journal);
  store.transact(() => store.putPage(new Uint8Array([1, 2, 3])));
  expect(verifyInHalves(journal, changed)).toMatchObject({ seq: journal.head() });
  journal.close();
});
