import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  compact,
  type Draft,
  type Journal,
  JournalError,
  openReader,
  openWriter,
  redact,
  type Seq,
  signHead,
  type TapeSpan,
  verify,
} from "../../../journal/index.ts";
import { patience, scale } from "../../support/scale.ts";
import { history, noise, play, runStart, scratch, tickingClock } from "../support.ts";
import { tables, type Table, acts, dump } from "./damage.ts";

const file = scratch();
const original = file("original.db");
const damaged = file("damaged.db");

const heads: { readonly seq: Seq; readonly digest: string }[] = [];
{
  const now = tickingClock();
  let writer = openWriter(original, { now });
  const [steps] = fc.sample(
    history(2000).filter(
      (some) => some.filter((step) => step !== "commit" && step.draft.kind === "rename").length > 2,
    ),
    { numRuns: 1, seed: 20 },
  );
  for (const step of (steps ?? [])
    .filter((one) => one === "commit" || one.draft.kind !== "run-end")
    .slice(1)) {
    if (writer.head() === 0) play(writer, [{ draft: runStart }]);
    if (step !== "commit" && step.draft.kind === "run-start")
      play(writer, [{ draft: { kind: "run-end", exit: 0 } }]);
    play(writer, [step]);
    if (writer.head() % 7 === 0) writer.commit();
    heads.push(writer.digest());
  }
  // Two redactions.
  play(writer, [{ draft: { kind: "run-end", exit: 0 } }]);
  writer.close();
  for (const what of ["/one", "/other"])
    redact(original, { what, now, choose: (journal) => someWrites(journal, 1) });
  writer = openWriter(original, { now });
  play(writer, [{ draft: runStart }]);
  // Two sealed segments, one of each coding, and an open one in two pieces.
  for (const [seed, length] of [270_000, 260_000, 5, 70_000].entries()) {
    const payload = seed % 2 === 0 ? noise(length, seed) : new Uint8Array(length).fill(65);
    play(writer, [
      { draft: { kind: "write", ino: 2 as never, path: "/big", offset: 0, length }, payload },
      "commit",
    ]);
  }
  writer.close();
}

/** The same, compacted to an opaque state, with more after it, and signed twice. */
const compacted = file("compacted.db");
{
  const now = tickingClock();
  copyFileSync(original, compacted);
  const compaction = compact(compacted, {
    what: "a moment",
    choose: (journal) => (journal.head() - 1) as Seq,
    stateAt: () => ({
      bytes: noise(300, 1),
      pages: [noise(200, 2), new Uint8Array(5000)],
      used: [
        { start: 3, length: 20, ino: 2 },
        { start: 300_000, length: 500, ino: 3 },
      ],
    }),
    now,
  });
  const writer = openWriter(compacted, { now });
  play(writer, [{ draft: runStart }, ...[1, 2, 3].map((at) => writeStep(at)), "commit"]);
  writer.close();
  expect(compaction.events).toBeGreaterThan(5);
  signHead(compacted, generateKeyPairSync("ed25519").privateKey);
  const last = openWriter(compacted, { now });
  last.append({ kind: "mark", name: "n", at: 1 as Seq });
  last.close();
  signHead(compacted, generateKeyPairSync("ed25519").privateKey);
}

/** More events and places than a part of the index has, with renames among them. */
const long = file("long.db");
{
  const writer = openWriter(long, { now: tickingClock() });
  play(writer, [{ draft: runStart }]);
  for (let at = 0; at < 4_150; at += 1) play(writer, [{ draft: entryOf("create", at) }]);
  for (let at = 0; at < 200; at += 1) {
    const { ino, parent, path, name } = entryOf("create", at);
    const to = { toParent: parent, toName: `${name}-moved`, to: `${path}-moved` };
    play(writer, [{ draft: { kind: "rename", ino, parent, path, name, ...to } as Draft }]);
  }
  for (let at = 0; writer.head() < 16_420; at += 1) {
    const { ino, path } = entryOf("create", 200 + ((at * 7) % 3_000));
    play(writer, [{ draft: { kind: "set-size", ino, path, size: at } as Draft }]);
  }
  writer.close();
}

test("the journals that damage is done to are whole, and have rows in every table", () => {
  expect(verify(original)).toMatchObject({ ok: true, redacted: { spans: 2 } });
  expect(verify(compacted)).toMatchObject({ ok: true, redacted: { spans: 2 } });
  expect(verify(long)).toMatchObject({ ok: true });
  const counts = [original, compacted, long].map((path) => {
    const db = new Database(path, { readonly: true });
    const count = (table: string) =>
      db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
    const all = new Map(Object.keys(tables).map((table) => [table, count(table)]));
    db.close();
    return all;
  });
  for (const table of Object.keys(tables)) {
    const most = Math.max(...counts.map((all) => all.get(table) ?? 0));
    expect(most, table).toBeGreaterThan(table === "base" ? 0 : 1);
  }
});

for (const [label, act] of Object.entries(acts)) {
  test(`verify finds whatever is damaged: ${label}`, { timeout: patience(30_000) }, () => {
    let done = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(
          ...[original, compacted].flatMap((whole) =>
            (Object.keys(tables) as Table[])
              // Nobody can tell that a signature was removed.
              .filter((table) => label !== "drop" || table !== "signature")
              .map((table) => ({ whole, table })),
          ),
          // Only this one has parts of the index.
          ...(["posting", "posting", "place", "event"] as const).map((table) => ({
            whole: long,
            table,
          })),
        ),
        fc.infiniteStream(fc.nat(0x7fffffff)),
        ({ whole, table }, stream) => {
          copyFileSync(whole, damaged);
          const db = new Database(damaged);
          const before = dump(db);
          let refused = false;
          try {
            if (db.prepare(`SELECT 1 FROM ${table}`).get() === undefined) refused = true;
            else act(db, table, (bound) => (stream.next().value ?? 0) % Math.max(1, bound));
          } catch (error) {
            // SQLite's own constraints prevent this kind of damage.
            if (!(error instanceof Database.SqliteError)) throw error;
            refused = true;
          }
          const same = refused || dump(db) === before;
          db.close();
          fc.pre(!same);
          done++;
          expect(verify(damaged)).toMatchObject({ ok: false });
        },
      ),
      { numRuns: 10 * scale, maxSkipsPerRun: 100 },
    );
    expect(done).toBeGreaterThan(8);
  });
}

test("a table, index, view or trigger that is not ours, or one of ours that is gone, is found", () => {
  for (const sql of [
    "CREATE TABLE other (x)",
    "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM event; END",
    "CREATE VIEW v AS SELECT 1",
    "DROP INDEX event_control",
    "CREATE INDEX i ON event (place)",
    "DROP VIEW event_log",
  ]) {
    copyFileSync(original, damaged);
    const db = new Database(damaged);
    db.exec(sql);
    db.close();
    expect(verify(damaged), sql).toMatchObject({ ok: false });
  }
});

test(
  "whatever byte of the file is changed, opening and verifying it end in an answer",
  { timeout: patience(60_000) },
  () => {
    fc.assert(
      fc.property(
        fc
          .constantFrom(readFileSync(original), readFileSync(long))
          .chain((whole) =>
            fc.tuple(
              fc.constant(whole),
              fc.oneof(fc.nat(99), fc.nat(40_000), fc.nat(whole.length - 1)),
            ),
          ),
        fc.integer({ min: 1, max: 255 }),
        ([whole, at], mask) => {
          const bytes = Buffer.from(whole);
          bytes[at] = (bytes[at] ?? 0) ^ mask;
          writeFileSync(damaged, bytes);
          for (const use of [
            () => verify(damaged),
            () => openWriter(damaged).close(),
            () => readAll(damaged),
          ]) {
            try {
              use();
            } catch (error) {
              expect(error).toBeInstanceOf(JournalError);
            }
          }
          for (const suffix of ["-wal", "-shm", "-tail", "-lock"])
            rmSync(damaged + suffix, { force: true });
        },
      ),
      { numRuns: 4 * scale },
    );
  },
);

test("the damaged event and its path are named", () => {
  copyFileSync(original, damaged);
  const db = new Database(damaged);
  const seq = db.prepare("SELECT max(seq) FROM event WHERE kind = 8").pluck().get();
  db.prepare("UPDATE event SET size = size + 1 WHERE seq = ?").run(seq);
  db.close();
  expect(verify(damaged)).toMatchObject({ ok: false, seq, path: "/big" });
});

test("a digest that was kept still counts when its events are folded, and verify says that they are", () => {
  for (const { seq, digest } of heads)
    expect(verify(compacted, { head: digest })).toMatchObject({ ok: true, headAt: seq });
  const folded = verify(compacted);
  expect(folded.ok && folded.folded).toBeGreaterThan(heads[0]?.seq ?? 0);
});

test("a kept digest is found wherever a commit ended, and no other is", () => {
  for (const { seq, digest } of heads)
    expect(verify(original, { head: digest })).toMatchObject({ ok: true, headAt: seq });
  expect(verify(original, { head: "00".repeat(32) })).toMatchObject({ ok: false, seq: 0 });
  expect(verify(original, { head: "nonsense" })).toMatchObject({ ok: false, seq: 0 });
});

test("commits cut off the end are found by the digest that was kept", () => {
  const whole = verify(original);
  copyFileSync(original, damaged);
  const db = new Database(damaged);
  const chain = db
    .prepare<[], number>("SELECT seq FROM chain ORDER BY seq DESC LIMIT 2")
    .pluck()
    .all();
  const [last, before] = chain;
  expect(
    db.prepare("SELECT count(*) FROM event WHERE seq > ? AND seq <= ?").pluck().get(before, last),
  ).toBe(1);
  db.exec(`DELETE FROM chain WHERE seq = ${last}; DELETE FROM segment WHERE start = (SELECT max(start) FROM segment);
    DELETE FROM event WHERE seq > ${before}`);
  db.close();
  expect(verify(damaged)).toMatchObject({ ok: true, events: before });
  expect(verify(damaged, { head: whole.head })).toMatchObject({ ok: false });
});

test("progress reaches the number of events", () => {
  const seen: number[] = [];
  const verdict = verify(original, { onProgress: (checked) => seen.push(checked) });
  expect(seen.at(-1)).toBe(verdict.events);
});

test("rows of the index that belong to no list, or to a part that is not complete, are found", () => {
  for (const [list, part] of [
    [0, 0],
    [4, 0],
    [1, 1],
    [2, 1],
    [3, -1],
  ]) {
    copyFileSync(long, damaged);
    const db = new Database(damaged);
    db.prepare("INSERT INTO posting VALUES (?, ?, 5, 5, x'')").run(list, part);
    db.close();
    expect(verify(damaged), `${list} ${part}`).toMatchObject({ ok: false, seq: 0 });
  }
});

test("of a place that has several numbers the last is used: before it is given the one before, and never after", () => {
  copyFileSync(original, damaged);
  const db = new Database(damaged);
  const places = db
    .prepare<[], number>("SELECT place FROM event WHERE place NOT NULL ORDER BY seq DESC LIMIT 2")
    .pluck()
    .all();
  const seqs = db
    .prepare<[], number>("SELECT seq FROM event WHERE place NOT NULL ORDER BY seq DESC LIMIT 2")
    .pluck()
    .all();
  expect(places[0]).toBe(places[1]);
  db.exec("INSERT INTO place SELECT max(id) + 1, ino, path FROM place WHERE path = '/big'");
  const renumber = db.prepare<[number]>(
    "UPDATE event SET place = (SELECT max(id) FROM place) WHERE seq = ?",
  );
  renumber.run(seqs[0] ?? 0);
  expect(verify(damaged)).toMatchObject({ ok: true });
  const [last] = seqs;
  db.prepare<[number, number]>("UPDATE event SET place = ? WHERE seq = ?").run(
    places[0] ?? 0,
    last ?? 0,
  );
  renumber.run(seqs[1] ?? 0);
  expect(verify(damaged)).toMatchObject({
    ok: false,
    seq: last,
    reason: `event ${last}: its place has a newer number`,
  });
  db.close();
});

function entryOf(kind: "create", at: number) {
  const name = `file-${at}`;
  return { kind, ino: at + 2, parent: 1, path: `/${name}`, name } as Extract<
    Draft,
    { readonly kind: "create" }
  >;
}

function writeStep(at: number) {
  const payload = noise(40, at);
  const draft = { kind: "write" as const, ino: at as never, path: `/new-${at}`, offset: 0 };
  return { draft: { ...draft, length: payload.length }, payload };
}

/** Returns the first writes that are not redacted yet. */
function someWrites(journal: Journal, count: number): TapeSpan[] {
  const spans: TapeSpan[] = [];
  for (const event of journal.query({ kinds: new Set(["write"]) })) {
    if (event.kind !== "write" || journal.redacted(event.tape, event.tape + 1).length > 0) continue;
    spans.push({ start: event.tape, length: event.length });
  }
  return spans.slice(0, count);
}

function readAll(path: string): void {
  const reader = openReader(path);
  try {
    reader.events(1 as Seq, reader.head());
    reader.readTape(0 as never, reader.tapeLength(reader.head()), Buffer.alloc(1_000_000));
    Array.from(reader.query({ ino: 2 as never }));
    Array.from(reader.paths());
    reader.runs();
    reader.marks();
  } finally {
    reader.close();
  }
}
