import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
import {
  completeParts,
  eventsAt,
  inoKey,
  pairOf,
  columnKey,
  placesOfIno,
  placesOfPath,
  type PostingList,
  rowsOf,
} from "./postings.ts";

/** The last event and the last place of a journal. */
export interface Reached {
  readonly seq: number;
  readonly place: number;
}

/** Returns the pairs of a list with values first..last, unordered, from the tables that hold them. */
export type TakePairs = (list: PostingList, first: number, last: number) => number[];

/**
 * Writes the parts of the index that became complete between `before` and `after`; must run in the transaction that
 * brought the journal to `after`.
 */
export function writeParts(db: Database.Database, before: Reached, after: Reached): void {
  writeListParts(db, [eventsAt], before.seq, after.seq);
  writeListParts(db, [placesOfIno, placesOfPath], before.place, after.place);
}

/** Rebuilds the whole index, within a transaction. */
export function rewriteParts(db: Database.Database): void {
  db.exec("DELETE FROM posting");
  writeParts(db, { seq: 0, place: 0 }, reachedIn(db));
}

/** Finds the last committed event and place. */
function reachedIn(db: Database.Database): Reached {
  const last = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0;
  return {
    seq: last("SELECT ifnull(max(seq), 0) FROM chain"),
    place: last("SELECT ifnull(max(id), 0) FROM place"),
  };
}

function writeListParts(
  db: Database.Database,
  lists: readonly PostingList[],
  before: number,
  after: number,
): void {
  for (const list of lists) {
    const stop = completeParts(list, after);
    let part = completeParts(list, before);
    if (part >= stop) continue;
    const pairsOf = openPairs(db);
    const insert = db.prepare<[number, number, number, number, Buffer]>(
      "INSERT INTO posting VALUES (?, ?, ?, ?, ?)",
    );
    for (; part < stop; part += 1) {
      const first = part * list.span;
      const pairs = Float64Array.from(pairsOf(list, first, first + list.span - 1)).sort();
      for (const { key, value, bytes } of rowsOf(list, part, pairs))
        insert.run(list.list, part, key, value, bytes);
    }
  }
}

/** Prepares the statements that read pairs, for any list. */
export function openPairs(db: Database.Database): TakePairs {
  const { span } = eventsAt;
  const events = db
    .prepare<[number, number, number, number], number>(
      `SELECT place * ${span} + seq % ${span} FROM event WHERE seq BETWEEN ? AND ? AND place IS NOT NULL
      UNION ALL SELECT to_place * ${span} + seq % ${span} FROM moved WHERE seq BETWEEN ? AND ?`,
    )
    .pluck();
  const inos = db
    .prepare<[number, number], [number, number]>(
      "SELECT id, ino FROM place WHERE id BETWEEN ? AND ?",
    )
    .raw();
  const paths = db
    .prepare<[number, number], [number, unknown]>(
      "SELECT id, path FROM place WHERE id BETWEEN ? AND ?",
    )
    .raw();
  return (list, first, last) => {
    if (list === eventsAt) return events.all(first, last, first, last);
    if (list === placesOfIno)
      return inos.all(first, last).map(([id, ino]) => pairOf(list, inoKey(ino), id));
    return paths.all(first, last).map(([id, path]) => pairOf(list, pathKeyOf(path), id));
  };
}

// In a damaged file a row may hold anything.
function pathKeyOf(path: unknown): number {
  if (typeof path !== "string") throw new MalformedError("a path is no text");
  return columnKey(path);
}
