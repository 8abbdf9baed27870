import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
import { openPairs } from "./parts.ts";
import { eventsAt, partOf, type PostingList, type PostingRow, takeFrom } from "./postings.ts";
import type { RowSource } from "../interface/row-source.ts";
import { firstFrom } from "../interface/search.ts";

/** A range of values from `first` to `last`, and the order to return them in. */
export interface Bounds {
  readonly first: number;
  readonly last: number;
  readonly order: "forward" | "reverse";
}

/** Numbers to look for. They come in ascending order where they are asked for one by one. */
export interface Keys extends Iterable<number> {
  readonly size: number;
  readonly highest: number;
  has(key: number): boolean;
}

/**
 * Returns the values of a list that have one of these keys, in order and each once. With "some" it reads few parts at
 * first and then more at a time, because the caller may stop early.
 */
export type PostingLookup = (
  list: PostingList,
  keys: Keys,
  bounds: Bounds,
  wanted: "some" | "all",
) => Generator<number>;

/** For more keys than this, a part is read as a whole. */
const mostSeeks = 64;
/** The least number of parts per statement: a statement costs several times what a part costs. */
const fewestParts = 16;
const mostParts = 64;
/** The most parts that are read as a whole together. */
const mostWholeParts = 4;
/** The most scanned, unwritten parts to keep in memory. */
const mostScanned = 64;

/** `rows` brings rows that are not in the file; without it, all are. */
export function openPostingLookup(db: Database.Database, rows?: RowSource): PostingLookup {
  const lastInFile = db
    .prepare<[number], number | null>("SELECT max(part) FROM posting WHERE list = ?")
    .pluck();
  const written = (end: "min" | "max") =>
    db
      .prepare<[number, number, number], number | null>(
        `SELECT ${end}(part) FROM posting WHERE list = ? AND part BETWEEN ? AND ?`,
      )
      .pluck();
  const inFile = { forward: written("min"), reverse: written("max") };
  // All keys in one statement, since each statement has its price. A key with many values has many rows, and its first
  // values may be at the end of a row that begins with another key.
  const seek = db.prepare<[number, number, number, number, number, number], PostingRow>(
    `WITH RECURSIVE wanted (part) AS (SELECT ? UNION ALL SELECT part + 1 FROM wanted WHERE part < ?)
    SELECT p.key, p.value, p.bytes FROM wanted JOIN posting p ON p.list = ? AND p.part = wanted.part AND p.key <= ?
      AND p.key >= ifnull((SELECT max(key) FROM posting WHERE list = ? AND part = wanted.part AND key < ?), 0)`,
  );
  const all = db.prepare<[number, number, number], PostingRow>(
    "SELECT key, value, bytes FROM posting WHERE list = ? AND part BETWEEN ? AND ?",
  );
  const scan = openScan(db, rows);

  function lastWritten({ list }: PostingList): number | undefined {
    return rows === undefined ? (lastInFile.get(list) ?? undefined) : rows.partsOf(list).at(-1);
  }

  /** Returns the first written part of low..high in an order. */
  function nearest({ list }: PostingList, low: number, high: number, order: Bounds["order"]) {
    if (rows === undefined) return inFile[order].get(list, low, high) ?? undefined;
    const parts = rows.partsOf(list);
    const at = order === "forward" ? firstFrom(parts, low) : firstFrom(parts, high + 1) - 1;
    const part = parts[at];
    return part === undefined || part < low || part > high ? undefined : part;
  }

  function* inRows(
    list: PostingList,
    keys: Keys,
    bounds: Bounds,
    wanted: "some" | "all",
  ): Generator<number> {
    const isFew = keys.size <= mostSeeks;
    const take = isFew ? seekEach : readAll;
    const most = isFew ? mostParts : mostWholeParts;
    let count = wanted === "all" ? most : isFew ? fewestParts : 1;
    let [low, high] = [partOf(list, bounds.first), partOf(list, bounds.last)];
    while (low <= high) {
      const part = nearest(list, low, high, bounds.order);
      if (part === undefined) return;
      requireWithin(part, low, high);
      if (bounds.order === "forward") low = part;
      else high = part;
      const first = bounds.order === "forward" ? low : Math.max(low, high - count + 1);
      const last = Math.min(high, first + count - 1);
      rows?.postings(list.list, first, last);
      yield* within(take(list, first, last, keys), bounds);
      if (bounds.order === "forward") low = last + 1;
      else high = first - 1;
      count = Math.min(4 * count, most);
    }
  }

  function seekEach(list: PostingList, first: number, last: number, keys: Keys): number[] {
    const values: number[] = [];
    for (const key of keys) {
      for (const row of seek.all(first, last, list.list, key, list.list, key))
        takeFrom(list, row, (one) => one === key, key, values);
    }
    return values;
  }

  function readAll(list: PostingList, first: number, last: number, keys: Keys): number[] {
    const values: number[] = [];
    const isWanted = (key: number) => keys.has(key);
    for (const row of all.all(list.list, first, last))
      takeFrom(list, row, isWanted, keys.highest, values);
    return values;
  }

  return function* find(list, keys, bounds, wanted) {
    if (keys.size === 0) return;
    // Each part up to the last written one is written, or lost all its values to a compaction.
    const open = ((lastWritten(list) ?? -1) + 1) * list.span;
    const early = { ...bounds, last: Math.min(bounds.last, open - 1) };
    const late = { ...bounds, first: Math.max(bounds.first, open) };
    if (bounds.order === "reverse") yield* scan(list, keys, late);
    yield* inRows(list, keys, early, wanted);
    if (bounds.order === "forward") yield* scan(list, keys, late);
  };
}

/** Collects some numbers to look for. */
export function keysOf(keys: Iterable<number>): Keys {
  const all = new Set(keys);
  const sorted = Float64Array.from(all).sort();
  return {
    size: all.size,
    highest: sorted.at(-1) ?? 0,
    has: (key) => all.has(key),
    [Symbol.iterator]: () => sorted[Symbol.iterator](),
  };
}

/**
 * Finds values in unwritten parts: the last one, and all in a journal of an older format. Keeps the scanned pairs in
 * memory, and reads only new ones the next time.
 */
function openScan(db: Database.Database, rows: RowSource | undefined) {
  const take = openPairs(db);
  const parts = new Map<string, Scanned>();
  const outermost = (table: string, column: string, end: "min" | "max") =>
    db
      .prepare<[number, number], number | null>(
        `SELECT ${end}(${column}) FROM ${table} WHERE ${column} BETWEEN ? AND ?`,
      )
      .pluck();
  const events = {
    forward: outermost("event", "seq", "min"),
    reverse: outermost("event", "seq", "max"),
  };
  const places = {
    forward: outermost("place", "id", "min"),
    reverse: outermost("place", "id", "max"),
  };

  function bring(list: PostingList, first: number, last: number): void {
    if (list === eventsAt) rows?.events(first, last);
    else rows?.places(first, last);
  }

  function pairsOf(list: PostingList, part: number): Float64Array {
    const name = `${list.list} ${part}`;
    const known = parts.get(name) ?? { pairs: new Float64Array(), next: part * list.span };
    bring(list, known.next, (part + 1) * list.span - 1);
    const rest = take(list, known.next, (part + 1) * list.span - 1);
    if (rest.length === 0) return known.pairs;
    const pairs = new Float64Array(known.pairs.length + rest.length);
    pairs.set(known.pairs);
    pairs.set(rest, known.pairs.length);
    let last = 0;
    for (const pair of rest) last = Math.max(last, pair % list.span);
    const oldest = parts.keys().next();
    if (!parts.has(name) && parts.size >= mostScanned && oldest.done !== true)
      parts.delete(oldest.value);
    parts.set(name, { pairs: pairs.sort(), next: part * list.span + last + 1 });
    return pairs;
  }

  function valuesIn(list: PostingList, part: number, keys: Keys): number[] {
    const pairs = pairsOf(list, part);
    const values: number[] = [];
    const start = part * list.span;
    if (keys.size > pairs.length / pairsPerSeek) {
      for (const pair of pairs)
        if (keys.has(Math.floor(pair / list.span))) values.push(start + (pair % list.span));
      return values;
    }
    for (const key of keys) {
      const end = (key + 1) * list.span;
      for (let at = firstFrom(pairs, key * list.span); at < pairs.length; at += 1) {
        const pair = pairs[at] ?? end;
        if (pair >= end) break;
        values.push(start + (pair % list.span));
      }
    }
    return values;
  }

  return function* scan(list: PostingList, keys: Keys, bounds: Bounds): Generator<number> {
    const nearest = list === eventsAt ? events : places;
    let { first: low, last: high } = bounds;
    if (low <= high) bring(list, low, high);
    while (low <= high) {
      const value = nearest[bounds.order].get(low, high) ?? undefined;
      if (value === undefined) return;
      requireWithin(value, low, high);
      const part = partOf(list, value);
      yield* within(valuesIn(list, part, keys), bounds);
      if (bounds.order === "forward") low = (part + 1) * list.span;
      else high = part * list.span - 1;
    }
  };
}

/** The sorted pairs of a part, for all values below `next`. */
interface Scanned {
  readonly pairs: Float64Array;
  readonly next: number;
}

/** To find a key among pairs costs as much as to look at so many of them. */
const pairsPerSeek = 16;

/** Selects the values within the bounds, in order and each once. */
function within(values: readonly number[], { first, last, order }: Bounds): Float64Array {
  const sorted = Float64Array.from(values).sort();
  const wanted = sorted.filter(
    (value, index) => value >= first && value <= last && value !== sorted[index - 1],
  );
  return order === "forward" ? wanted : wanted.reverse();
}

// A damaged table may lead back to an earlier value, in an endless loop.
function requireWithin(value: unknown, low: number, high: number): void {
  if (typeof value !== "number" || value < low || value > high)
    throw new MalformedError("its rows are out of order");
}
