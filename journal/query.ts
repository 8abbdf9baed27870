import type Database from "better-sqlite3";
import type { Event, Kind } from "./event.ts";
import type { Query } from "./journal.ts";
import { codeOfKind } from "./kind-code.ts";
import { eventOf, type EventRow, selectEvent } from "./row.ts";

/** Whether an event is among what a query selects. */
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

/** The committed events that a query selects, a page at a time. */
export function openQueries(db: Database.Database): (query: Query) => IterableIterator<Event> {
  const idsByPath = db.prepare<[string], number>("SELECT id FROM place WHERE path = ?").pluck();
  const idsByIno = db.prepare<[number], number>("SELECT id FROM place WHERE ino = ?").pluck();
  const byPlace = twoWays(db, "SELECT seq FROM event WHERE place = ?");
  const byMove = twoWays(db, "SELECT seq FROM moved WHERE to_place = ?");
  const byReplaced = twoWays(db, "SELECT seq FROM moved WHERE replaced = ?");
  const one = db.prepare<[number], EventRow>(`${selectEvent} WHERE e.seq = ?`).raw();

  return (query) => {
    const bounds = boundsOf(query);
    const sources = sourcesOf(query, bounds);
    if (sources === undefined) return scan(db, query, bounds);
    return lookUp(merge(sources, bounds), query);
  };

  function* lookUp(seqs: Iterable<number>, query: Query): IterableIterator<Event> {
    for (const seq of seqs) {
      const row = one.get(seq);
      if (row === undefined) continue;
      const event = eventOf(row);
      if (matches(query, event)) yield event;
    }
  }

  /** Streams of seqs that together hold every event the query selects, or undefined where a scan is better. */
  function sourcesOf(query: Query, bounds: Bounds): IterableIterator<number>[] | undefined {
    if (query.ino !== undefined) {
      const ids = idsByIno.all(query.ino);
      return [...ids.map((id) => pages(byPlace, id, bounds)), pages(byReplaced, query.ino, bounds)];
    }
    if (query.paths === undefined) return undefined;
    const ids = query.paths.flatMap((path) => idsByPath.all(path));
    if (ids.length > mostSources) return undefined;
    return ids.flatMap((id) => [pages(byPlace, id, bounds), pages(byMove, id, bounds)]);
  }
}

/** More places than this are looked for by a scan. */
const mostSources = 512;
/** Events of these kinds have no place, and by that the index finds them. */
const placeless: ReadonlySet<Kind> = new Set<Kind>(["run-start", "run-end", "mark"]);
const pageEvents = 256;
const pageSeqs = 64;

interface Bounds {
  readonly first: number;
  readonly last: number;
  readonly order: "forward" | "reverse";
}

interface TwoWays {
  readonly forward: Database.Statement<[number, number, number], number>;
  readonly reverse: Database.Statement<[number, number, number], number>;
}

function twoWays(db: Database.Database, select: string): TwoWays {
  const range = `${select} AND seq BETWEEN ? AND ? ORDER BY seq`;
  return {
    forward: db.prepare<[number, number, number], number>(`${range} LIMIT ${pageSeqs}`).pluck(),
    reverse: db
      .prepare<[number, number, number], number>(`${range} DESC LIMIT ${pageSeqs}`)
      .pluck(),
  };
}

function boundsOf(query: Query): Bounds {
  return {
    first: Math.max(query.first ?? 1, 1),
    last: Math.min(query.last ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    order: query.order ?? "forward",
  };
}

function* pages(statements: TwoWays, key: number, bounds: Bounds): IterableIterator<number> {
  let { first, last } = bounds;
  for (;;) {
    const page = statements[bounds.order].all(key, first, last);
    yield* page;
    const end = page.at(-1);
    if (end === undefined || page.length < pageSeqs) return;
    if (bounds.order === "forward") first = end + 1;
    else last = end - 1;
  }
}

/** One stream in order out of streams in order, each seq once. */
function* merge(
  sources: readonly IterableIterator<number>[],
  bounds: Bounds,
): IterableIterator<number> {
  const sign = bounds.order === "forward" ? 1 : -1;
  const heap: { seq: number; rest: IterableIterator<number> }[] = [];
  const lower = (a: number, b: number) => ((heap[a]?.seq ?? 0) - (heap[b]?.seq ?? 0)) * sign < 0;
  const swap = (a: number, b: number) => {
    const [one, other] = [heap[a], heap[b]];
    if (one === undefined || other === undefined) return;
    heap[a] = other;
    heap[b] = one;
  };
  function sink(): void {
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const child = left + 1 < heap.length && lower(left + 1, left) ? left + 1 : left;
      if (!lower(child, at)) return;
      swap(at, child);
      at = child;
    }
  }
  for (const rest of sources) {
    const next = rest.next();
    if (next.done !== true) heap.push({ seq: next.value, rest });
  }
  heap.sort((a, b) => (a.seq - b.seq) * sign);

  let previous: number | undefined;
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    if (top.seq !== previous) yield top.seq;
    previous = top.seq;
    const next = top.rest.next();
    if (next.done !== true) top.seq = next.value;
    else {
      const bottom = heap.pop();
      if (bottom !== undefined && heap.length > 0) heap[0] = bottom;
    }
    sink();
  }
}

function* scan(db: Database.Database, query: Query, bounds: Bounds): IterableIterator<Event> {
  const conditions = ["e.seq BETWEEN ? AND ?"];
  if (query.run !== undefined) conditions.push(`e.run = ${Number(query.run)}`);
  if (query.kinds !== undefined) {
    conditions.push(
      `e.kind IN (${Array.from(query.kinds, (kind: Kind) => codeOfKind[kind]).join()})`,
    );
    if (Array.from(query.kinds).every((kind) => placeless.has(kind)))
      conditions.push("e.place IS NULL");
  }
  const order = bounds.order === "forward" ? "" : "DESC";
  const page = db
    .prepare<[number, number], EventRow>(
      `${selectEvent} WHERE ${conditions.join(" AND ")} ORDER BY e.seq ${order} LIMIT ${pageEvents}`,
    )
    .raw();
  const paths = query.paths === undefined ? undefined : new Set(query.paths);
  const rest: Query = withoutPaths(query);
  let { first, last } = bounds;
  for (;;) {
    const rows = page.all(first, last);
    let end = 0;
    for (const row of rows) {
      const event = eventOf(row);
      end = event.seq;
      if (paths !== undefined && !pathsOf(event).some((path) => paths.has(path))) continue;
      if (matches(rest, event)) yield event;
    }
    if (rows.length < pageEvents) return;
    if (bounds.order === "forward") first = end + 1;
    else last = end - 1;
  }
}

function withoutPaths(query: Query): Query {
  const { paths: _, ...rest } = query;
  return rest;
}

function pathsOf(event: Event): readonly string[] {
  if (event.kind === "rename") return [event.path, event.to];
  return "path" in event ? [event.path] : [];
}

function inosOf(event: Event): readonly number[] {
  if (event.kind === "rename" && event.replaced !== undefined)
    return [event.ino, event.replaced.ino];
  return "ino" in event ? [event.ino] : [];
}
