import { readFileSync, writeFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import {
  compact,
  copyJournal,
  type Event,
  type Ino,
  type Journal,
  type Name,
  openReader,
  openWriter,
  type Query,
  redact,
  type Seq,
  verify,
} from "../../../journal/index.ts";
import { readOlder } from "../../../journal/file/migrate.ts";
import { baseState, openHistory, planRedaction } from "../../../src/history/index.ts";
import { fork } from "../../../src/host/index.ts";
import { runStart, scratch } from "../support.ts";

const file = scratch();

interface Old {
  readonly version: number;
  readonly bytes: Buffer;
  readonly events: number;
  /** Digest of its last commit. */
  readonly head: string;
  readonly queries: readonly Query[];
}

/** Made by the code of an older format, each with a mark as its last event: a run with two writes and a rename. */
const format1: Old = {
  version: 1,
  bytes: fixture("format-1.db.zst"),
  events: 8,
  head: "efeba27545c48d350dc9c436d12ae909023d982534e02c765e1f376a4b5e76d0",
  queries: [{ paths: ["/notes.txt"] }, { ino: 3 as Ino }],
};

/** A run that makes 4,200 files, renames two and links one, and then sets sizes: more than a part of the index. */
const format2: Old = {
  version: 2,
  bytes: fixture("format-2.db.zst"),
  events: 16_504,
  head: "01f46a41e9d89073b3941b0f01b1b0850ee625b9fbd8af2193d14f20cf5e244d",
  queries: [
    { paths: ["/d/f2", "/moved"] },
    { ino: 3 as Ino },
    { ino: 5 as Ino, order: "reverse" },
    { paths: ["/d/f4199"] },
    { ino: 8 as Ino, first: 16_000 as Seq },
  ],
};

/** Two runs: files, a rename over one of them, a symlink. */
const format3: Old = {
  version: 3,
  bytes: fixture("format-3.db.zst"),
  events: 17,
  head: "a979bdf718606c5984a05a537fd7c89f681a6f53f2e73340b4d5aa56be399f21",
  queries: [{ paths: ["/notes.md"] }, { ino: 4 as Ino }],
};

/** Two runs with modes: said at first, changed, and taken back. */
const format4: Old = {
  version: 4,
  bytes: fixture("format-4.db.zst"),
  events: 14,
  head: "2e28701ebf73fea57396109efd38a0725081e6186b075f0d9c1668538fa2aa25",
  queries: [{ paths: ["/notes.md"] }, { ino: 4 as Ino }],
};

/** Two runs: a folder that was listed, a fetch of a file of it, and changes. */
const format5: Old = {
  version: 5,
  bytes: fixture("format-5.db.zst"),
  events: 14,
  head: "863f948c64ec18861dd332f99103007e84cc918cf15099d9e1787f0f7602391b",
  queries: [{ paths: ["/app/notes.md"] }, { ino: 3 as Ino }, { kinds: new Set(["listing"]) }],
};

function fixture(name: string): Buffer {
  return zstdDecompressSync(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url)));
}

function write(name: string, bytes: Buffer): string {
  writeFileSync(file(name), bytes);
  return file(name);
}

function versionIn(path: string): unknown {
  using db = closing(new Database(path, { readonly: true }));
  return db.database.pragma("user_version", { simple: true });
}

function closing(database: Database.Database) {
  return { database, [Symbol.dispose]: () => void database.close() };
}

function eventsIn(journal: Journal): Event[] {
  return journal.events(1 as Seq, journal.head());
}

for (const { version, bytes, events, head, queries } of [
  format1,
  format2,
  format3,
  format4,
  format5,
]) {
  const named = (name: string) => write(`${version}-${name}`, bytes);
  const answersOf = (journal: Journal) => queries.map((query) => [...journal.query(query)]);

  test(`a reader reads a journal of format ${version}, and leaves it byte for byte as it is`, () => {
    const path = named("read.db");
    const reader = openReader(path);
    expect(reader.head()).toBe(events);
    expect(reader.marks()).toMatchObject([{ name: "done", at: events - 1 }]);
    for (const [at, answer] of answersOf(reader).entries())
      expect(answer.length, JSON.stringify(queries[at])).toBeGreaterThan(0);
    reader.close();
    expect(verify(path, { head })).toMatchObject({ ok: true, headAt: events });
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  test(`a writer migrates a journal of format ${version}: what was in it stays, and the digest that was kept proves it`, () => {
    const path = named("write.db");
    const before = openReader(path);
    const told = [eventsIn(before), answersOf(before), [...before.paths()]];
    before.close();
    const writer = openWriter(path);
    expect([eventsIn(writer), answersOf(writer), [...writer.paths()]]).toEqual(told);
    writer.append(runStart);
    writer.append({ kind: "run-end", exit: 0 });
    writer.close();
    expect(versionIn(path)).toBe(6);
    expect(verify(path, { head })).toMatchObject({ ok: true, headAt: events, events: events + 2 });
  });

  test(`a journal migrated from format ${version} has the tables of a new one`, () => {
    const path = named("migrated.db");
    openWriter(path).close();
    openWriter(file("new.db")).close();
    expect(schemaIn(path)).toEqual(schemaIn(file("new.db")));
  });

  test(`the time of an event is the same in format ${version} and in this: in a view, and in a copy`, () => {
    const path = named("times.db");
    const copied = file(`${version}-copied.db`);
    const log = logIn(path);
    const reader = openReader(path);
    const told = eventsIn(reader);
    copyJournal(reader, reader.head(), copied);
    reader.close();
    const copy = openReader(copied);
    expect(eventsIn(copy)).toEqual(told);
    copy.close();
    expect(verify(copied)).toMatchObject({ ok: true });
    openWriter(path).close();
    expect(logIn(path)).toEqual(log);
    expect(logIn(copied)).toEqual(log);
  });

  test(`a reader goes on reading a journal of format ${version} while a writer migrates it`, () => {
    const path = named("meanwhile.db");
    const reader = openReader(path);
    const told = [eventsIn(reader), answersOf(reader)];
    openWriter(path).close();
    expect(versionIn(path)).toBe(6);
    expect([eventsIn(reader), answersOf(reader)]).toEqual(told);
    reader.close();
  });

  test(`a reader of format ${version} sees the tables that it lacks as empty ones of its own`, () => {
    const path = named("temp.db");
    using db = closing(new Database(path));
    readOlder(db.database);
    const lacking = [["redacted", "posting"], ["posting"], []][version - 1] ?? [];
    for (const table of lacking) {
      expect(db.database.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
      expect(
        db.database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table),
      ).toBeUndefined();
    }
  });
}

test("a migration writes the parts of the index that are complete", () => {
  const path = write("parts.db", format2.bytes);
  openWriter(path).close();
  using db = closing(new Database(path, { readonly: true }));
  expect(
    db.database.prepare("SELECT DISTINCT list, part FROM posting ORDER BY list").raw().all(),
  ).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
});

function logIn(path: string): unknown {
  using db = closing(new Database(path, { readonly: true }));
  const columns = 'seq, time, run, op, path, "to", ino, "offset", length, replaced, detail';
  return db.database.prepare(`SELECT ${columns} FROM event_log ORDER BY seq`).all();
}

function schemaIn(path: string): unknown {
  using db = closing(new Database(path, { readonly: true }));
  return db.database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all();
}

test("a fork, a redaction and a compaction go on from a journal of format 1", () => {
  const reader = openReader(write("old.db", format1.bytes));
  fork(reader, 6 as Seq, file("forked.db"));
  reader.close();
  expect(verify(file("forked.db"))).toMatchObject({ ok: true, events: 6 });
  expect(readFileSync(file("old.db")).equals(format1.bytes)).toBe(true);

  const path = write("changed.db", format1.bytes);
  const choose = (journal: Journal) => planRedaction(journal, { path: "/notes.txt" }).spans;
  expect(redact(path, { what: "/notes.txt", choose })).toMatchObject({ spans: 2 });
  const last = () => 8 as Seq;
  expect(compact(path, { what: "8", choose: last, stateAt: baseState })).toMatchObject({
    seq: 8,
  });
  expect(verify(path, { head: format1.head })).toMatchObject({ ok: true, headAt: 8, folded: 8 });
  const history = openReader(path);
  expect(openHistory(history).state("8").readFile("/sub/notes.md")).toHaveLength(23);
  history.close();
});

test("the views tell of modes in octal, and of no length where a mode stands", () => {
  const path = file("modes.db");
  const writer = openWriter(path);
  writer.append(runStart);
  const entry = { parent: 1 as Ino, name: "f" as Name, path: "/f", ino: 2 as Ino };
  writer.append({ kind: "create", ...entry, mode: 0o600 });
  writer.append({ kind: "set-mode", ino: 2 as Ino, path: "/f", mode: 0o755 });
  writer.append({ kind: "set-mode", ino: 2 as Ino, path: "/f" });
  writer.append({ kind: "set-size", ino: 2 as Ino, path: "/f", size: 7 });
  writer.append({ kind: "run-end", exit: 0 });
  writer.close();
  using db = closing(new Database(path, { readonly: true }));
  const select = "SELECT op, mode, length FROM file_history WHERE ino = 2 ORDER BY seq";
  expect(db.database.prepare(select).raw().all()).toEqual([
    ["create", "0600", null],
    ["set-mode", "0755", null],
    ["set-mode", null, null],
    ["set-size", null, 7],
  ]);
});
