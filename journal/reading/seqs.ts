import type Database from "better-sqlite3";
import { textOfColumn } from "../format/byte-text.ts";
import type { Event, Kind, Seq } from "../format/event.ts";
import type { ChosenPlaces, Query, SeqQuery } from "../interface/journal.ts";
import { fieldsOf, kinds, placeless } from "../format/kinds.ts";
import type { RowSource } from "../interface/row-source.ts";
import type { Keys, PostingLookup } from "../postings/lookup.ts";
import { eventsAt } from "../postings/postings.ts";

/** Selects committed events by what the index and columns of numbers tell of them. */
export interface Seqs {
  /** See Journal. */
  choosePlaces(holds: (path: string) => boolean): Generator<undefined, ChosenPlaces>;
  /** See Journal; events up to the last committed one. */
  select(query: SeqQuery): Seq[];
}

/** Places looked at between two pauses: some milliseconds. */
const pagePlaces = 2_048;

/** Events of these kinds name a path, and the index does not know them. */
const besidePlaces: ReadonlySet<Kind> = new Set(
  [...placeless].filter((kind) => fieldsOf(kind).some(([field]) => field === "path")),
);

/**
 * `find` looks into the index, `query` reads events; `rows` brings rows that are not in the file; without it, all are.
 */
export function openSeqs(
  db: Database.Database,
  find: PostingLookup,
  query: (query: Query) => Iterable<Event>,
  rows?: RowSource,
): Seqs {
  const page = db
    .prepare<[number], [number, unknown]>(
      `SELECT id, path FROM place WHERE id > ? ORDER BY id LIMIT ${pagePlaces}`,
    )
    .raw();

  function* choosePlaces(holds: (path: string) => boolean): Generator<undefined, ChosenPlaces> {
    rows?.places(1, Number.MAX_SAFE_INTEGER);
    const places = new PlaceSet(holds);
    for (const event of query({ kinds: besidePlaces }))
      if ("path" in event && holds(event.path)) places.beside.push(event.seq);
    for (let after = 0; ;) {
      const found = page.all(after);
      // In a damaged file a row may hold anything.
      for (const [id, path] of found)
        if (typeof path === "string" && holds(textOfColumn(path))) places.add(id);
      const [last] = found.at(-1) ?? [after];
      if (found.length < pagePlaces || last <= after) return places;
      after = last;
      yield undefined;
    }
  }

  /** Reads the seqs of events of these kinds, and of this run. */
  function inColumns({ first, last, kinds: wanted, run }: SeqQuery): Seq[] {
    rows?.events(first, last);
    const conditions = ["seq BETWEEN ? AND ?"];
    if (run !== undefined) conditions.push(Number.isSafeInteger(run) ? `run = ${run}` : "FALSE");
    if (wanted !== undefined)
      conditions.push(`kind IN (${Array.from(wanted, (kind: Kind) => kinds[kind].code).join()})`);
    return db
      .prepare<[number, number], Seq>(
        `SELECT seq FROM event WHERE ${conditions.join(" AND ")} ORDER BY seq`,
      )
      .pluck()
      .all(first, last);
  }

  return {
    choosePlaces,
    select(wanted) {
      const { first, last, places } = wanted;
      if (first > last) return [];
      if (places === undefined) return inColumns(wanted);
      if (!(places instanceof PlaceSet)) throw new TypeError("these places are another journal's");
      const bounds = { first, last, order: "forward" } as const;
      const beside = places.beside.filter((seq) => seq >= first && seq <= last);
      const found = [...find(eventsAt, places, bounds, "all"), ...beside] as Seq[];
      if (beside.length > 0) found.sort((one, other) => one - other);
      if (wanted.kinds === undefined && wanted.run === undefined) return found;
      return found.length === 0 ? found : inBoth(found, inColumns(wanted));
    },
  };
}

/** Returns the numbers that are in two ascending lists. */
function inBoth(one: readonly Seq[], other: readonly Seq[]): Seq[] {
  let at = 0;
  return one.filter((number) => {
    while ((other[at] ?? number) < number) at += 1;
    return other[at] === number;
  });
}

/** Ids of a page share one list of bits: neither few ids nor many take much memory, whatever their numbers are. */
const pageIds = 1_024;

/** A set of ids of places, most often added and looked for in ascending order. */
class PlaceSet implements ChosenPlaces, Keys {
  readonly holds: (path: string) => boolean;
  /** The events on these paths that have no place. */
  readonly beside: Seq[] = [];
  size = 0;
  highest = 0;
  readonly #pages = new Map<number, Uint8Array>();
  #number = -1;
  #page: Uint8Array | undefined;

  constructor(holds: (path: string) => boolean) {
    this.holds = holds;
  }

  add(id: number): void {
    const number = Math.floor(id / pageIds);
    const page = this.#pages.get(number) ?? new Uint8Array(pageIds / 8);
    this.#pages.set(number, page);
    const at = id % pageIds;
    page[at >> 3] = (page[at >> 3] ?? 0) | (1 << (at & 7));
    this.size += 1;
    this.highest = Math.max(this.highest, id);
  }

  has(id: number): boolean {
    const number = Math.floor(id / pageIds);
    if (number !== this.#number) {
      this.#number = number;
      this.#page = this.#pages.get(number);
    }
    const at = id % pageIds;
    return this.#page !== undefined && ((this.#page[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
  }

  *[Symbol.iterator](): Generator<number> {
    for (const number of this.#pages.keys())
      for (let id = number * pageIds; id < (number + 1) * pageIds; id += 1)
        if (this.has(id)) yield id;
  }
}
