import { readFileSync, writeFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import {
  compact,
  copyJournal,
  type Journal,
  openReader,
  openWriter,
  redact,
  type Seq,
  verify,
} from "../../journal/index.ts";
import { readOlder } from "../../journal/migrate.ts";
import { foldedState, openHistory, planRedaction } from "../../src/history/index.ts";
import { fork } from "../../src/host/index.ts";
import { runStart, scratch } from "./support.ts";

const file = scratch();
/** A journal that the code of format 1 made: a run with two writes and a rename, and a mark. */
const first = zstdDecompressSync(readFileSync(new URL("./format-1.db.zst", import.meta.url)));
const head = "efeba27545c48d350dc9c436d12ae909023d982534e02c765e1f376a4b5e76d0";

function copy(name: string): string {
  writeFileSync(file(name), first);
  return file(name);
}

function versionIn(path: string): unknown {
  using db = closing(new Database(path, { readonly: true }));
  return db.database.pragma("user_version", { simple: true });
}

function closing(database: Database.Database) {
  return { database, [Symbol.dispose]: () => void database.close() };
}

test("a reader reads a journal of format 1, and leaves it byte for byte as it is", () => {
  const path = copy("read.db");
  const reader = openReader(path);
  expect(reader.head()).toBe(8);
  expect(reader.marks()).toMatchObject([{ name: "done", at: 7 }]);
  reader.close();
  expect(verify(path, { head })).toMatchObject({ ok: true, headAt: 8 });
  expect(readFileSync(path).equals(first)).toBe(true);
});

test("a writer migrates a journal of format 1: what was in it stays, and the digest that was kept proves it", () => {
  const path = copy("write.db");
  const before = openReader(path);
  const events = before.events(1 as Seq, before.head());
  before.close();
  const writer = openWriter(path);
  expect(writer.events(1 as Seq, writer.head())).toEqual(events);
  writer.append(runStart);
  writer.append({ kind: "run-end", exit: 0 });
  writer.close();
  expect(versionIn(path)).toBe(2);
  expect(verify(path, { head })).toMatchObject({ ok: true, headAt: 8, events: 10 });
});

test("a migrated journal has the tables of a new one", () => {
  const path = copy("migrated.db");
  openWriter(path).close();
  openWriter(file("new.db")).close();
  expect(schemaIn(path)).toEqual(schemaIn(file("new.db")));
});

test("the time of an event is the same in both formats: in a view, and in a copy", () => {
  const path = copy("times.db");
  const log = logIn(path);
  const reader = openReader(path);
  const events = reader.events(1 as Seq, reader.head());
  copyJournal(reader, reader.head(), file("copied.db"));
  reader.close();
  const copied = openReader(file("copied.db"));
  expect(copied.events(1 as Seq, copied.head())).toEqual(events);
  copied.close();
  openWriter(path).close();
  expect(logIn(path)).toEqual(log);
  expect(logIn(file("copied.db"))).toEqual(log);
});

test("a reader goes on reading a journal of format 1 while a writer migrates it", () => {
  const path = copy("meanwhile.db");
  const reader = openReader(path);
  const events = reader.events(1 as Seq, reader.head());
  openWriter(path).close();
  expect(versionIn(path)).toBe(2);
  expect(reader.events(1 as Seq, reader.head())).toEqual(events);
  reader.close();
});

test("a reader of format 1 sees the tables that it lacks as empty ones of its own", () => {
  const path = copy("temp.db");
  using db = closing(new Database(path));
  readOlder(db.database);
  expect(db.database.prepare("SELECT count(*) FROM redacted").pluck().get()).toBe(0);
  expect(
    db.database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'redacted'").get(),
  ).toBeUndefined();
});

function logIn(path: string): unknown {
  using db = closing(new Database(path, { readonly: true }));
  return db.database.prepare("SELECT * FROM event_log ORDER BY seq").all();
}

function schemaIn(path: string): unknown {
  using db = closing(new Database(path, { readonly: true }));
  return db.database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all();
}

test("a fork, a redaction and a compaction go on from a journal of format 1", () => {
  const reader = openReader(copy("old.db"));
  fork(reader, 6 as Seq, file("forked.db"));
  reader.close();
  expect(verify(file("forked.db"))).toMatchObject({ ok: true, events: 6 });
  expect(readFileSync(file("old.db")).equals(first)).toBe(true);

  const path = copy("changed.db");
  const choose = (journal: Journal) => planRedaction(journal, { path: "/notes.txt" }).spans;
  expect(redact(path, { what: "/notes.txt", choose })).toMatchObject({ spans: 2 });
  const last = () => 8 as Seq;
  expect(compact(path, { what: "8", choose: last, stateAt: foldedState })).toMatchObject({
    seq: 8,
  });
  expect(verify(path, { head })).toMatchObject({ ok: true, headAt: 8, folded: 8 });
  const history = openReader(path);
  expect(openHistory(history).state("8").readFile("/sub/notes.md")).toHaveLength(23);
  history.close();
});
