import Database from "better-sqlite3";

import { ByteWriter } from "../../../journal/format/bytes.ts";
import { commitDigest, payloadDigest } from "../../../journal/format/chain.ts";
import { encodeEvent } from "../../../journal/format/codec.ts";
import { type EventRow, eventOf, selectEvent, tapeAfter } from "../../../journal/format/row.ts";
import { openTape } from "../../../journal/tape/tape.ts";
import type { Random } from "../random.ts";

const wholes = [-1, 0, 1, 2, 3, 255, 2 ** 31, 2 ** 32 + 1, 2 ** 52, Number.MAX_SAFE_INTEGER];
const texts = [
  "",
  ".",
  "..",
  "/",
  "//",
  "/..",
  "/a/../b",
  "a",
  "/a\0b",
  "{}",
  "[]",
  "null",
  '{"kept":true}',
];
const extents = '{"extents":[[0,4,0],[2,4,0],[0,9007199254740991,0]]}';
const blobs = ["", "00", "01", "020000000000", "ff".repeat(40)].map((hex) =>
  Buffer.from(hex, "hex"),
);

/** Changes one value in a journal's tables, like an attacker who hands it over; says which. */
export function tamper(file: string, random: Random): string {
  const db = new Database(file).unsafeMode();
  try {
    const tables = db
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all();
    const filled = tables.filter((table) => countOf(db, table) > 0);
    const table = random.pick(filled);
    const act = random.pick(["change", "change", "change", "change", "drop", "invent"] as const);
    const row = `LIMIT 1 OFFSET ${random.below(countOf(db, table))}`;
    const columns = db
      .prepare<[string], string>("SELECT name FROM pragma_table_info(?)")
      .pluck()
      .all(table);
    const keys = keysOf(db, table);
    const where = `(${keys}) = (SELECT ${keys} FROM ${table} ${row})`;
    const column = random.pick(columns);
    const value = valueFor(db, table, column, random);
    const what = `${act} ${table}.${column} ${row} ${String(value)}`;
    if (act === "drop") db.exec(`DELETE FROM ${table} WHERE ${where}`);
    else if (act === "change")
      db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`).run(value);
    else {
      const values = columns.map((name) => (name === column ? "?" : name)).join();
      db.prepare(`INSERT OR IGNORE INTO ${table} SELECT ${values} FROM ${table} ${row}`).run(value);
    }
    return what;
  } catch (error) {
    // A value that a column cannot hold is no case.
    if (error instanceof Database.SqliteError) return error.message;
    throw error;
  } finally {
    db.close();
  }
}

/** Recomputes the chain over the tables' present events: then all digests are correct. */
export function rechain(file: string): void {
  const db = new Database(file).unsafeMode();
  try {
    const commits = db
      .prepare<[], { seq: number; digest: Buffer }>("SELECT seq, digest FROM chain ORDER BY seq")
      .all();
    const page = db
      .prepare<[number, number], EventRow>(
        `${selectEvent} WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq`,
      )
      .raw();
    const put = db.prepare<[Buffer, number]>("UPDATE chain SET digest = ? WHERE seq = ?");
    const tape = openTape(db, 1024 * 1024);
    let [last, digest] = [commits[0]?.seq ?? 0, commits[0]?.digest ?? Buffer.alloc(32)];
    for (const { seq } of commits.slice(1)) {
      const canonical = new ByteWriter();
      for (const row of page.all(last, seq)) {
        const event = eventOf(row);
        encodeEvent(canonical, event, tapeAfter(row));
        if (event.kind !== "write") continue;
        const payload = new Uint8Array(Math.min(event.length, 1024 * 1024));
        tape.read(event.tape, event.tape + payload.length, payload, 0);
        canonical.latin1(payloadDigest(payload));
      }
      digest = commitDigest(digest, canonical.buffer.subarray(0, canonical.at));
      put.run(digest, seq);
      last = seq;
    }
  } catch (error) {
    // Bytes that are no longer an event cannot be chained.
    if (!(error instanceof Error)) throw error;
  } finally {
    db.close();
  }
}

function countOf(db: Database.Database, table: string): number {
  return db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
}

function keysOf(db: Database.Database, table: string): string {
  return db
    .prepare<[string], string>("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk")
    .pluck()
    .all(table)
    .join();
}

function valueFor(db: Database.Database, table: string, column: string, random: Random): unknown {
  const others = db.prepare<[], unknown>(`SELECT ${column} FROM ${table} LIMIT 200`).pluck().all();
  const other = random.pick(others);
  const some: unknown[] = [null, other, ...random.pick([wholes, texts, blobs])];
  if (typeof other === "number") return random.pick([other + 1, other - 1, other * 2, ...wholes]);
  if (typeof other === "string")
    return random.pick([`${other}x`, `${other}/..`, `/..${other}`, extents, ...texts]);
  if (Buffer.isBuffer(other) && other.length > 0 && random.once(2)) {
    const bytes = Buffer.from(other);
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
    return bytes;
  }
  return random.pick(some);
}
