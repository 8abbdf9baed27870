import type Database from "better-sqlite3";
import { textOfColumn } from "../format/byte-text.ts";
import type { Event, Kind } from "../format/event.ts";
import type { Query } from "../interface/journal.ts";
import { kinds, placeless, telling } from "../format/kinds.ts";
import { type Bounds, keysOf, type PostingLookup } from "../postings/lookup.ts";
import { eventsAt, inoKey, pathKey, placesOfIno, placesOfPath } from "../postings/postings.ts";
import { eventOf, type EventRow, type Place, selectEvent } from "../format/row.ts";
import type { RowSource } from "../interface/row-source.ts";

/** Tells whether a query selects an event. */
export function matches(query: Query, event: Event): boolean {
  return (
    event.seq >= (query.first ?? 1) &&
    event.seq <= (query.last ?? Number.POSITIVE_INFINITY) &&
    (query.run === undefined || event.run === query.run) &&
    (query.kinds === undefined || query.kinds.has(event.kind)) &&
    (query.paths === undefined ||
      pathsOf(event).some((path) => query.paths?.includes(path) === true)) &&
    (query.ino === undefined || inosOf(event).includes(query.ino))
  );
}

/**
 * Returns a function that reads the committed events which a query selects, a page at a time. `find` looks into the index;
 * `rows` brings rows that are not in the file; without it, all are.
 */
export function openQueries(
  db: Database.Database,
  find: PostingLookup,
  rows?: RowSource,
): (query: Query) => IterableIterator<Event> {
  const placeOf = db.prepare<[number], Place>("SELECT ino, path FROM place WHERE id = ?");
  const replacing = db
    .prepare<[number, number, number], number>(
      "SELECT seq FROM moved WHERE replaced = ? AND seq BETWEEN ? AND ? ORDER BY seq",
    )
    .pluck();
  const one = db.prepare<[number], EventRow>(`${selectEvent} WHERE e.seq = ?`).raw();
  // One statement for many rows: beginning and ending a transaction costs several times what a row costs.
  const marks = Array.from({ length: mostTogether }, () => "?").join();
  const several = db
    .prepare<[(number | null)[]], EventRow>(
      `${selectEvent} WHERE e.seq IN (${marks}) ORDER BY e.seq`,
    )
    .raw();

  // A transaction would not see what is brought in meanwhile.
  const atOnce = <A>(read: (wanted: A) => number[]) =>
    rows === undefined ? db.transaction(read) : read;
  const placesOf = atOnce((ino: number) => {
    const ids = [...find(placesOfIno, keysOf([inoKey(ino)]), everyPlace, "all")];
    rows?.placesAt(ids);
    return ids.filter((id) => placeOf.get(id)?.ino === ino);
  });
  const placesAt = atOnce((paths: ReadonlySet<string>) => {
    const ids = [...find(placesOfPath, keysOf(Array.from(paths, pathKey)), everyPlace, "all")];
    rows?.placesAt(ids);
    return ids.filter((id) => paths.has(textOfColumn(placeOf.get(id)?.path ?? "")));
  });

  return (query) => {
    const bounds = boundsOf(query);
    if (query.ino === undefined && query.paths === undefined) return scan(db, query, bounds, rows);
    return lookUp(query, bounds);
  };

  function* lookUp(query: Query, bounds: Bounds): IterableIterator<Event> {
    const paths = query.paths === undefined ? undefined : new Set(query.paths);
    const narrowed = withoutPaths(query);
    for (const seqs of together(seqsOf(query, paths, bounds))) {
      for (const row of rowsAt(seqs, bounds)) {
        const event = eventOf(row);
        if (paths !== undefined && !pathsOf(event).some((path) => paths.has(path))) continue;
        if (matches(narrowed, event)) yield event;
      }
    }
  }

  function rowsAt(seqs: readonly number[], { order }: Bounds): EventRow[] {
    rows?.eventsAt(seqs);
    const [first] = seqs;
    if (first !== undefined && seqs.length === 1) return one.all(first);
    const rest = Array.from({ length: mostTogether - seqs.length }, () => null);
    const found = several.all([...seqs, ...rest]);
    return order === "forward" ? found : found.reverse();
  }

  /** Yields, in order, the seqs of all events that the query may select. */
  function seqsOf(
    { ino }: Query,
    paths: ReadonlySet<string> | undefined,
    bounds: Bounds,
  ): Iterable<number> {
    if (ino === undefined)
      return find(eventsAt, keysOf(placesAt(paths ?? new Set())), bounds, "some");
    rows?.replacements(ino, bounds.first, bounds.last);
    const replaced = replacing.all(ino, bounds.first, bounds.last);
    const events = find(eventsAt, keysOf(placesOf(ino)), bounds, "some");
    return replaced.length === 0 ? events : merge(events, replaced, bounds);
  }
}

/** The most events that one statement reads. */
const mostTogether = 64;

/**
 * Cuts a stream into pieces. The first has one element, as the caller may want no more; each next is eight times as
 * long.
 */
function* together(seqs: Iterable<number>): Generator<number[]> {
  let most = 1;
  let piece: number[] = [];
  for (const seq of seqs) {
    piece.push(seq);
    if (piece.length < most) continue;
    yield piece;
    piece = [];
    most = Math.min(8 * most, mostTogether);
  }
  if (piece.length > 0) yield piece;
}

/** Merges two ordered streams into one, each seq once. */
function* merge(
  stream: Iterable<number>,
  others: readonly number[],
  { order }: Bounds,
): Generator<number> {
  const rest = order === "forward" ? others.toReversed() : [...others];
  const isBefore = (one: number, other: number) =>
    order === "forward" ? one < other : one > other;
  for (const seq of stream) {
    for (
      let other = rest.at(-1);
      other !== undefined && !isBefore(seq, other);
      other = rest.at(-1)
    ) {
      if (other !== seq) yield other;
      rest.pop();
    }
    yield seq;
  }
  yield* rest.reverse();
}

const pageEvents = 256;
const tellingOrProcess: ReadonlySet<Kind> = new Set<Kind>([...telling, "process"]);

const everyPlace: Bounds = { first: 1, last: Number.MAX_SAFE_INTEGER, order: "forward" };

function boundsOf(query: Query): Bounds {
  return {
    first: Math.max(query.first ?? 1, 1),
    last: Math.min(query.last ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    order: query.order ?? "forward",
  };
}

function* scan(
  db: Database.Database,
  query: Query,
  bounds: Bounds,
  rows: RowSource | undefined,
): IterableIterator<Event> {
  const conditions = ["e.seq BETWEEN ? AND ?"];
  const areAll = (of: ReadonlySet<Kind>) =>
    query.kinds !== undefined && Array.from(query.kinds).every((kind) => of.has(kind));
  // Run-starts, run-ends and marks are always in the file, and processes come all at once.
  const areThere = areAll(tellingOrProcess);
  if (areThere && query.kinds?.has("process") === true) rows?.processes();
  if (query.run !== undefined)
    conditions.push(Number.isSafeInteger(query.run) ? `e.run = ${query.run}` : "FALSE");
  if (query.kinds !== undefined) {
    conditions.push(
      `e.kind IN (${Array.from(query.kinds, (kind: Kind) => kinds[kind].code).join()})`,
    );
    if (areAll(placeless)) conditions.push("e.place IS NULL");
  }
  const order = bounds.order === "forward" ? "" : "DESC";
  const page = db
    .prepare<[number, number], EventRow>(
      `${selectEvent} WHERE ${conditions.join(" AND ")} ORDER BY e.seq ${order} LIMIT ${pageEvents}`,
    )
    .raw();
  let { first, last } = bounds;
  while (first <= last) {
    const there = areThere ? undefined : rows?.someEvents(first, last, bounds.order);
    const low = bounds.order === "forward" ? first : Math.min(there ?? first, last);
    const high = bounds.order === "forward" ? Math.max(there ?? last, first) : last;
    const found = page.all(low, high);
    let end = 0;
    for (const row of found) {
      const event = eventOf(row);
      end = event.seq;
      if (matches(query, event)) yield event;
    }
    if (found.length < pageEvents) end = bounds.order === "forward" ? high : low;
    if (bounds.order === "forward") first = end + 1;
    else last = end - 1;
  }
}

function withoutPaths(query: Query): Query {
  const { paths: _, ...rest } = query;
  return rest;
}

// An event without a place is found by no index of places.
function pathsOf(event: Event): readonly string[] {
  if (placeless.has(event.kind)) return [];
  if (event.kind === "rename" || event.kind === "exchange") return [event.path, event.to];
  return "path" in event ? [event.path] : [];
}

function inosOf(event: Event): readonly number[] {
  if (placeless.has(event.kind)) return [];
  if (event.kind === "rename" && event.replaced !== undefined)
    return [event.ino, event.replaced.ino];
  if (event.kind === "exchange") return [event.ino, event.other];
  return "ino" in event ? [event.ino] : [];
}
