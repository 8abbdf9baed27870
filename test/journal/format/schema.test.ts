import { copyFileSync, readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { zstdDecompressSync } from "node:zlib";
import { writeFileSync } from "node:fs";

import { JournalError, openReader, openWriter, verify } from "../../../journal/index.ts";
import { scratch } from "../support.ts";

const at = scratch();
const original = at("original.db");
openWriter(original).close();

const hidden = (type: string, table: string, sql: string) =>
  `INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
    VALUES ('${type}', 'sqlite_stat_hidden', '${table}', 0, '${sql}')`;
const remade = (table: string, sql: string) =>
  `UPDATE sqlite_schema SET sql = '${sql}' WHERE name = '${table}'`;

const events =
  "seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, run INTEGER NOT NULL, kind INTEGER NOT NULL, tape INTEGER NOT NULL, place INTEGER, parent INTEGER, start INTEGER, size INTEGER";

test.each([
  ["a table", "CREATE TABLE other (x)"],
  ["a view", "CREATE VIEW other AS SELECT 1"],
  ["a trigger", "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM event; END"],
  ["what SQLite learnt of its tables", "CREATE INDEX i ON chain (digest); ANALYZE; DROP INDEX i"],
  ["a virtual table", "CREATE VIRTUAL TABLE other USING fts5(x)"],
  ["an index of an expression", "CREATE INDEX i ON event (abs(tape))"],
  [
    "a hidden trigger",
    hidden(
      "trigger",
      "segment",
      "CREATE TRIGGER sqlite_stat_hidden AFTER INSERT ON segment BEGIN DELETE FROM event; END",
    ),
  ],
  [
    "a hidden view",
    hidden("view", "sqlite_stat_hidden", "CREATE VIEW sqlite_stat_hidden AS SELECT 1"),
  ],
  [
    "a table with a generated column",
    remade("event", `CREATE TABLE event (${events}, detail TEXT AS (char(65))) STRICT`),
  ],
  [
    "a table with another default",
    remade("event", `CREATE TABLE event (${events}, detail TEXT DEFAULT 1) STRICT`),
  ],
  [
    "an endless view in the place of a table",
    `UPDATE sqlite_schema SET type = 'view', rootpage = 0, sql =
      'CREATE VIEW chain AS WITH RECURSIVE r (seq, digest) AS (SELECT 1, x''00'' UNION ALL SELECT seq + 1, digest FROM r) SELECT * FROM r'
      WHERE name = 'chain'`,
  ],
  [
    "two tables in one place",
    "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'base') WHERE name = 'kept'",
  ],
  ["a table outside of the file", "UPDATE sqlite_schema SET rootpage = 9999 WHERE name = 'kept'"],
  ["a table that is gone", "DROP TABLE snapshot"],
  ["an index that is gone", "DROP INDEX event_control"],
])("a journal with %s is no journal to readers, writers and verify", (_, sql) => {
  const file = at("forged.db");
  copyFileSync(original, file);
  forge(file, sql);
  const before = readFileSync(file);
  for (const open of [openReader, openWriter]) expect(() => open(file)).toThrow(JournalError);
  expect(verify(file)).toMatchObject({
    ok: false,
    reason: expect.stringContaining("schema") as unknown,
  });
  expect(readFileSync(file).equals(before)).toBe(true);
});

test.each([1, 2])("a table of this version is none of version %i", (version) => {
  const file = at(`format-${version}.db`);
  const fixture = new URL(`../../fixtures/format-${version}.db.zst`, import.meta.url);
  writeFileSync(file, zstdDecompressSync(readFileSync(fixture)));
  openReader(file).close();
  forge(file, "CREATE TABLE posting (x)");
  for (const open of [openReader, openWriter])
    expect(() => open(file)).toThrow(/schema is not a journal's/);
});

/** Changes a file like an attacker who hands it over: without SQLite's defences. */
function forge(file: string, sql: string): void {
  const db = new Database(file).unsafeMode();
  db.exec(`PRAGMA writable_schema = ON; ${sql}`);
  const version = Number(db.pragma("schema_version", { simple: true }));
  db.pragma(`schema_version = ${version + 1}`);
  db.close();
}
