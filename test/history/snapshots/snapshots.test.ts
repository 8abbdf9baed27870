import { rmSync, mkdtempSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, expect, test, vi } from "vitest";

import { type Seq, openReader, openWriter, verify } from "../../../journal/index.ts";
import { pack, packSealed, unpack } from "../../../journal/snapshots/packed.ts";
import { openSeal } from "../../../journal/snapshots/seal.ts";
import { FileSystem, emptyTree, profiles } from "../../../src/fs/index.ts";
import {
  type Rebuild,
  SnapshotWriter,
  storeOf,
  openHistory,
  verifyStates,
} from "../../../src/history/index.ts";
import { replayAll } from "../../../src/history/snapshots/events.ts";
import { StoredStates } from "../../../src/history/snapshots/stored-states.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { makeChanges } from "../../support/model/mutations.ts";
import { Random, seedOf } from "../../support/random.ts";
import { openRecording } from "../../support/recording.ts";
import { attempts } from "../../support/scale.ts";

const directory = mkdtempSync(join(tmpdir(), "rewindfs-snapshots-"));
afterAll(() => rmSync(directory, { recursive: true }));
const original = join(directory, "original.db");
const damaged = join(directory, "damaged.db");

{
  const journal = openWriter(original);
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  const random = new Random(7);
  fs.begin({ cause: "library", guest: "test", args: [], environment: [], digest: "" });
  makeChanges(
    fs,
    Array.from({ length: 600 }, () => ({
      kind: random.pick(["create", "mkdir", "write", "rename", "unlink", "set-size"] as const),
      a: random.below(50),
      b: random.below(50),
      name: random.below(8),
      size: random.below(200_000),
    })),
  );
  fs.end({ exit: 0 });
  new SnapshotWriter(journal, { leastEvents: 20, mostIncrements: 4 }).advance();
  journal.close();
}

test("snapshots that are as they should be pass", () => {
  expect(verify(original)).toMatchObject({ ok: true });
  const journal = openReader(original);
  expect(verifyStates(journal)).toBeUndefined();
  expect(storeOf(journal).list().length).toBeGreaterThan(8);
  journal.close();
});

test("a damaged or missing snapshot is never believed, and verify finds it", () => {
  const random = new Random(seedOf());
  for (let round = 0; round < attempts(60); round += 1) {
    const act = damage(random);
    const journal = openReader(damaged);
    const seq = random.below(journal.head() + 1) as Seq;
    expect(fullDump(openHistory(journal).at(seq)), act).toEqual(fullDump(replayAll(journal, seq)));
    const verdict = verify(journal);
    if (act !== "drop") expect(verdict.ok && verifyStates(journal) === undefined, act).toBe(false);
    journal.close();
  }
});

test("a snapshot whose digest was made to fit is found by making it again", () => {
  copyFileSync(original, damaged);
  const journal = openReader(damaged);
  const snapshots = storeOf(journal);
  const delta = snapshots.list().find(({ seq, base }) => seq !== base);
  const bytes = delta === undefined ? undefined : snapshots.read(delta.seq);
  if (delta === undefined || bytes === undefined) throw new Error("there is no delta");
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  snapshots.transact(() => snapshots.put(delta, bytes));
  expect(verify(journal)).toMatchObject({ ok: true });
  expect(verifyStates(journal)).toMatchObject({ seq: delta.seq });
  journal.close();
});

test.each([
  ["of another user's", "UPDATE snapshot SET bytes = other_user(seq)"],
  ["of other events", "UPDATE chain SET digest = zeroblob(32) WHERE seq > 0"],
  ["that nobody vouches for", "UPDATE snapshot SET bytes = unsealed(bytes)"],
  [
    "of events that are not there",
    "INSERT INTO snapshot SELECT seq + 100000, base, digest, bytes FROM snapshot ORDER BY seq DESC LIMIT 1",
  ],
])("snapshots %s are not used, and the writer makes others in their place", (_, forging) => {
  copyFileSync(original, damaged);
  const db = new Database(damaged);
  const foreign = openSeal({ XDG_STATE_HOME: join(directory, "other-user") });
  db.function("other_user", (seq) => packSealed(forged, (made) => foreign.of(String(seq), made)));
  db.function("unsealed", (bytes) => pack(unpack(bytes) ?? Buffer.alloc(0)));
  db.exec(forging);
  db.close();
  const journal = openWriter(damaged);
  const stored = new StoredStates(journal);
  for (let seq = stored.last; seq > 0; seq = (seq - 20) as Seq) {
    const tree = stored.tree(stored.nearest(seq) ?? (0 as Seq));
    if (tree !== undefined)
      expect(fullDump(tree)).toEqual(fullDump(replayAll(journal, stored.nearest(seq) ?? seq)));
  }
  new SnapshotWriter(journal, { leastEvents: 20, mostIncrements: 4 }).advance();
  expect(storeOf(journal).last()).toBeLessThanOrEqual(journal.head());
  expect(verifyStates(journal)).toBeUndefined();
  const last = storeOf(journal).last();
  expect(storeOf(journal).read(last)).toBeDefined();
  journal.close();
});

test("snapshots that another user stored are not called damaged, unless one is, and are made again once", () => {
  const told = (): string[] => {
    const why: string[] = [];
    const journal = openReader(damaged);
    const history = openHistory(journal, { onRebuild: (rebuild) => why.push(rebuild.why) });
    const head = journal.head();
    expect(fullDump(history.at(head))).toEqual(fullDump(replayAll(journal, head)));
    history.prepare();
    journal.close();
    return why;
  };
  copyFileSync(original, damaged);
  expect(told()).toEqual([]);
  vi.stubEnv("XDG_STATE_HOME", join(directory, "another-user"));
  try {
    expect([told(), told()]).toEqual([["foreign"], []]);
    copyFileSync(original, damaged);
    const db = new Database(damaged);
    db.exec("UPDATE snapshot SET bytes = zeroblob(length(bytes))");
    db.close();
    expect(told()).toEqual(["damaged"]);
  } finally {
    vi.unstubAllEnvs();
  }
});

/** Bytes made up by an attacker. */
const forged = Buffer.from("a state that never was");

test.each([
  ["builds on a later one", "UPDATE snapshot SET base = seq + 1000"],
  ["builds on none there can be", "UPDATE snapshot SET base = -1"],
  ["builds on another", "UPDATE snapshot SET base = 0 WHERE base > 0"],
])("a snapshot that %s is passed over", (_, damaging) => {
  copyFileSync(original, damaged);
  const db = new Database(damaged);
  db.unsafeMode().exec(damaging);
  db.close();
  const journal = openReader(damaged);
  const seq = (journal.head() - 5) as Seq;
  expect(fullDump(openHistory(journal).at(seq))).toEqual(fullDump(replayAll(journal, seq)));
  expect(verify(journal)).toMatchObject({ ok: false });
  journal.close();
});

test("what is missing is made on the first look far from anything stored, and told", () => {
  const { recorder, journal } = openRecording();
  recorder.run("first", [], () => {
    for (let turn = 0; turn < 4_500; turn += 1) recorder.write(`/file ${turn % 50}`, `${turn}`);
    for (let turn = 0; turn < 4_500; turn += 1)
      recorder.write(`/file ${turn % 70}`, `${turn}`, turn);
  });
  const told: Rebuild[] = [];
  const history = openHistory(journal, { onRebuild: (rebuild) => told.push(rebuild) });
  expect(fullDump(history.at(5_000 as Seq))).toEqual(fullDump(replayAll(journal, 5_000 as Seq)));
  history.at(8_000 as Seq);
  expect(told).toEqual([{ why: "missing", events: journal.head() }]);
  expect(storeOf(journal).list().length).toBeGreaterThan(3);
  journal.close();
});

/** Damages one row of the tables of snapshots; says how. */
function damage(random: Random): string {
  copyFileSync(original, damaged);
  const db = new Database(damaged);
  const table = random.pick(["snapshot", "snapshot_page"]);
  const keys = db.prepare(`SELECT ${table === "snapshot" ? "seq" : "digest"} FROM ${table}`);
  const key = random.pick(keys.pluck().all());
  const where = `WHERE ${table === "snapshot" ? "seq" : "digest"} = ?`;
  const act = random.pick(["flip", "flip", "flip", "cut", "drop", "empty"]);
  const bytes = db
    .prepare<[unknown], Buffer>(`SELECT bytes FROM ${table} ${where}`)
    .pluck()
    .get(key);
  if (bytes === undefined) throw new Error("there is no such row");
  const put = (changed: Buffer) =>
    db.prepare(`UPDATE ${table} SET bytes = ? ${where}`).run(changed, key);
  const at = random.below(bytes.length);
  if (act === "flip") put(bytes.fill((bytes[at] ?? 0) ^ (1 + random.below(255)), at, at + 1));
  if (act === "cut") put(bytes.subarray(0, at));
  if (act === "empty") put(Buffer.alloc(0));
  if (act === "drop") db.prepare(`DELETE FROM ${table} ${where}`).run(key);
  db.close();
  return act;
}
