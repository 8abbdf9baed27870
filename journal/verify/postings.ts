import type Database from "better-sqlite3";
import { Damage } from "../file/damage.ts";
import {
  completeParts,
  eventsAt,
  inoKey,
  pairOf,
  partOf,
  columnKey,
  placesOfIno,
  placesOfPath,
  type PostingList,
  type PostingRow,
  rowsOf,
} from "../postings/postings.ts";

/** Checks one list of the index against the journal's values, which are added in ascending order. */
export interface PostingCheck {
  add(key: number, value: number): void;
  /** Must be called after all values up to `last` were added. */
  finish(last: number): void;
}

/** Invariant J21, for one list: each complete part exists, with exactly its pairs. */
export function openPostingCheck(db: Database.Database, list: PostingList): PostingCheck {
  const stored = db.prepare<[number, number], PostingRow>(
    "SELECT key, value, bytes FROM posting WHERE list = ? AND part = ? ORDER BY key, value",
  );
  const count = db.prepare<[number], number>("SELECT count(*) FROM posting WHERE list = ?").pluck();
  let pairs: number[] = [];
  let part = 0;
  let rows = 0;

  const damaged = () => new Damage(`part ${part} of list ${list.list} of its index is damaged`);

  function check(): void {
    const expected = [...rowsOf(list, part, Float64Array.from(pairs).sort())];
    let found = 0;
    // Reads row by row: in a damaged file a part may have any number of rows.
    for (const row of pairs.length === 0 ? [] : stored.iterate(list.list, part)) {
      if (!isSame(row, expected[found])) throw damaged();
      found += 1;
    }
    if (found !== expected.length) throw damaged();
    rows += found;
    pairs = [];
  }

  return {
    add(key, value) {
      const next = partOf(list, value);
      if (next !== part) check();
      part = next;
      pairs.push(pairOf(list, key, value));
    },
    finish(last) {
      if (part < completeParts(list, last)) check();
      if (count.get(list.list) !== rows)
        throw new Damage(`list ${list.list} of its index has parts that it must not have`);
    },
  };
}

/** Invariant J21 for the two lists of places. */
export function checkPlaces(db: Database.Database): void {
  const lists = [openPostingCheck(db, placesOfIno), openPostingCheck(db, placesOfPath)] as const;
  let last = 0;
  const places = db
    .prepare<[], [number, number, string]>("SELECT id, ino, path FROM place ORDER BY id")
    .raw();
  for (const [id, ino, path] of places.iterate()) {
    lists[0].add(inoKey(ino), id);
    lists[1].add(columnKey(path), id);
    last = id;
  }
  for (const list of lists) list.finish(last);
  const others = db
    .prepare<[], number>(
      `SELECT count(*) FROM posting WHERE list NOT IN (${[eventsAt, placesOfIno, placesOfPath].map(({ list }) => list).join()})`,
    )
    .pluck();
  if (others.get() !== 0) throw new Damage("its index has a list that it must not have");
}

function isSame(one: PostingRow, other: PostingRow | undefined): boolean {
  return one.key === other?.key && one.value === other.value && one.bytes.equals(other.bytes);
}
