import type Database from "better-sqlite3";
import { columnOfText, textOfColumn } from "../format/byte-text.ts";
import { MalformedError } from "../format/bytes.ts";
import { openRetained, type StoredBase } from "../format/base.ts";
import {
  type Event,
  promisedFrom,
  type RunNumber,
  type Seq,
  type TapePosition,
} from "../format/event.ts";
import type { Journal, Query } from "../interface/journal.ts";
import { placeless } from "../format/kinds.ts";
import { deletedMark } from "../format/mark-name.ts";
import { isOwnListing } from "../snapshots/listing-seal.ts";
import { openPromises, type Promises, unread } from "../promises/promises.ts";
import { versionOf } from "../file/migrate.ts";
import { matches, openQueries } from "./query.ts";
import { openRedactedSpans, type TapeSpan } from "../format/redaction.ts";
import type { RowSource, SearchTarget } from "../interface/row-source.ts";
import { runsOf } from "./runs.ts";
import { openSeqs } from "./seqs.ts";
import { openPostingLookup } from "../postings/lookup.ts";
import { firstWhere } from "../interface/search.ts";
import { translating } from "../interface/storage-error.ts";
import type { SnapshotStore } from "../interface/snapshot-store.ts";
import { openSnapshots } from "../snapshots/snapshots.ts";
import { openStored } from "./stored.ts";
import { openStoredBase } from "./stored-base.ts";

/** The events that a writer has taken and not committed, in order, and the tape's length after each. */
export interface Pending {
  readonly events: readonly Event[];
  readonly tapeLengths: readonly number[];
}

/** Provides what a journal's answers are read from. */
export interface Source {
  readonly file: string;
  readonly id: string;
  readonly db: Database.Database;
  readonly pending: Pending;
  /** Returns the seq of the last committed event. */
  committed(): Seq;
  readTape(start: number, end: number, target: Uint8Array, at: number): void;
  /** Promised bytes that were never read come from the host where that is as it was; by default they are missing. */
  readonly promised?: "from the host";
  /** Returns the connection that writes snapshots; see SnapshotFile. */
  writing(this: void): Database.Database;
  /** Brings rows that are not in the file; without it, all are. */
  readonly rows?: RowSource | undefined;
}

export interface Reading extends Omit<Journal, "close"> {
  /** See Promises. */
  readonly missing: Promises["missing"];
}

/** Answers everything that a journal can be asked, from the committed and the pending events. */
export function openReading(source: Source): Reading {
  const { db, pending, rows } = source;
  const stored = openStored(db, rows);
  const find = openPostingLookup(db, rows);
  const select = openQueries(db, find, rows);
  const committed = (wanted: Query) => select({ ...wanted, last: source.committed() });
  const seqs = openSeqs(db, find, committed, rows);
  const redacted = openRedactedSpans(db);
  const kept = openRetained(db);
  const reading = <T>(act: () => T): T => translating("read", source.file, act);

  /** A lower bound of the tape's length. The tape only grows, and asking for its length costs more than most reads. */
  let knownTape = 0;

  const head = () => (source.committed() + pending.events.length) as Seq;
  const waiting = (seq: Seq) => pending.events[seq - source.committed() - 1];

  function tapeLength(seq: Seq): number {
    if (pending.events.length === 0) return stored.tapeLength(seq);
    return pending.tapeLengths[seq - source.committed() - 1] ?? stored.tapeLength(seq);
  }

  function event(seq: Seq): Event | undefined {
    return waiting(seq) ?? stored.event(seq);
  }

  function controls(): Event[] {
    return [...stored.controls(), ...pending.events.filter(isControl)];
  }

  /** Returns the first seq of first..head for which `isPast` holds, as for all after it. */
  function firstPast(
    target: SearchTarget,
    first: number,
    isPast: (seq: number) => boolean,
  ): number | undefined {
    if (rows === undefined) return firstWhere(first, head(), isPast);
    const range = rows.narrow(target, first, head());
    if (range.last - range.first < mostSearched) rows.events(range.first, range.last);
    return firstWhere(range.first, range.last, isPast);
  }

  function seqAtTime(time: bigint): Seq {
    const timeOf = (seq: number) => waiting(seq as Seq)?.time ?? stored.time(seq as Seq);
    const base = stored.base();
    if (base !== undefined && time < base.time) return 0 as Seq;
    const after = firstPast({ time }, (base?.seq ?? 0) + 1, (seq) => timeOf(seq) > time);
    return (after === undefined ? head() : after - 1) as Seq;
  }

  /** Answers what only a journal is asked whose rows are elsewhere. */
  function fetching(from: RowSource): Pick<Required<Journal>, "seqNearTime" | "expectTape"> {
    return {
      seqNearTime: (time) =>
        reading(() => {
          if (head() > mostSearched) return clip(from.near(time) as Seq, head());
          from.events(1, head());
          return seqAtTime(time);
        }),
      expectTape: (spans) => reading(() => from.tape(spans.flatMap((span) => [...onTape(span)]))),
    };
  }

  /** Yields the places of a span on the tape: promised bytes are where they were fetched to. */
  function* onTape(span: TapeSpan): Generator<TapeSpan> {
    if (span.start < promisedFrom) return yield span;
    const end = span.start + span.length;
    for (let from = span.start; from < end;) {
      const found = promises.fetched(from);
      const stop =
        found === undefined
          ? promises.unfetched(from, end)
          : Math.min(end, found.start + found.length);
      if (found !== undefined) {
        const start = (found.tape + from - found.start) as TapePosition;
        yield { start, length: stop - from };
      }
      from = stop as TapePosition;
    }
  }

  function lastOf(run: RunNumber, before: Seq): Seq {
    const base = stored.base();
    const first = base?.seq ?? 0;
    let seq = (before - 1) as Seq;
    while (seq > first && event(seq)?.run !== run) seq = (seq - 1) as Seq;
    return seq > first ? seq : (base?.lasts.get(run) ?? seq);
  }

  // Reads up to the head of the moment when it began, so that an event that is committed meanwhile comes once.
  function* query(wanted: Query): IterableIterator<Event> {
    const taken = pending.events.filter((one) => matches(wanted, one));
    const last = Math.min(wanted.last ?? Number.POSITIVE_INFINITY, source.committed()) as Seq;
    if (wanted.order === "reverse") yield* taken.toReversed();
    yield* select({ ...wanted, last });
    if (wanted.order !== "reverse") yield* taken;
  }

  // The index of a damaged file may lead back to an earlier path, in an endless loop.
  function pathsFrom(from: string): string[] {
    const page = stored.pathsFrom(from);
    const last: unknown = page.at(-1);
    if (last !== undefined && (typeof last !== "string" || byBytes(last, from) < 0))
      throw new MalformedError("its paths are out of order");
    return page;
  }

  /** Returns paths as columns hold them, by whose bytes they are in order. */
  function* columns(): IterableIterator<string> {
    const extra = Array.from(new Set(pending.events.flatMap(pathsOf)), columnOfText).toSorted(
      byBytes,
    );
    let next = 0;
    let from = "";
    for (;;) {
      const page = reading(() => pathsFrom(from));
      for (const path of page) {
        for (
          let other = extra[next];
          other !== undefined && byBytes(other, path) <= 0;
          other = extra[++next]
        ) {
          if (other !== path) yield other;
        }
        yield path;
        from = `${path}\0`; // its successor in byte order
      }
      if (page.length === 0) break;
    }
    yield* extra.slice(next);
  }

  function* paths(): IterableIterator<string> {
    for (const column of columns()) yield textOfColumn(column);
  }

  function runs() {
    return reading(() => runsOf(controls(), lastOf, head()));
  }

  function marks() {
    return reading(() =>
      controls().flatMap((one) =>
        one.kind === "mark" ? [{ name: one.name, at: one.at, seq: one.seq }] : [],
      ),
    );
  }

  const promises = openPromises({
    db,
    pending: pending.events,
    isOwn: isOwnListing,
    format: () => versionOf(db),
    readTape: (start, end, target, at) => source.readTape(start, end, target, at),
  });

  function readPromised(position: number, length: number, target: Uint8Array, at: number): void {
    const end = position + length;
    for (let from = position; from < end;) {
      const found = promises.fetched(from);
      if (found === undefined) {
        const stop = promises.unfetched(from, end);
        if (source.promised !== "from the host") throw unread(promises.file(from));
        promises.fromHost(from, stop - from, target, at + from - position);
        from = stop;
        continue;
      }
      const stop = Math.min(end, found.start + found.length);
      const tape = found.tape + from - found.start;
      source.readTape(tape, tape + stop - from, target, at + from - position);
      from = stop;
    }
  }

  let snapshots: SnapshotStore | undefined;
  let storedBase: StoredBase | undefined;

  return {
    snapshots: () => (snapshots ??= openSnapshots(source)),
    file: source.file,
    id: source.id,
    head: () => reading(head),
    tapeLength: (seq: Seq) => reading(() => tapeLength(clip(seq, head()))),
    digest: () =>
      reading(() => {
        const { seq, digest } = stored.digest();
        return { seq, digest: digest.toString("hex") };
      }),
    event: (seq: Seq) => reading(() => event(seq)),
    events: (first: Seq, last: Seq) =>
      reading(() => {
        const committed = source.committed();
        const rows =
          first <= committed ? stored.events(first, Math.min(last, committed) as Seq) : [];
        if (last <= committed || pending.events.length === 0) return rows;
        return [
          ...rows,
          ...pending.events.slice(Math.max(0, first - committed - 1), last - committed),
        ];
      }),
    query: (wanted) => translatingEach(source.file, query(wanted)),
    choosePlaces: (holds) => seqs.choosePlaces(holds),
    seqs: ({ places, ...wanted }) =>
      reading(() => {
        const last = Math.min(wanted.last, source.committed());
        const taken = pending.events.filter(
          (one) =>
            matches(wanted, one) &&
            (places === undefined || namesIn(one).some((path) => places.holds(path))),
        );
        return [
          ...seqs.select({ ...wanted, last, ...(places === undefined ? {} : { places }) }),
          ...taken.map(({ seq }) => seq),
        ];
      }),
    paths,
    runs,
    run: (run) => runs().find((one) => one.run === run),
    mark: (name) => {
      const found = marks().findLast((one) => (deletedMark(one.name) ?? one.name) === name);
      return found?.name === name ? found.at : undefined;
    },
    marks,
    seqAtTime: (time) => reading(() => seqAtTime(time)),
    ...(rows === undefined ? {} : fetching(rows)),
    writer: (position) =>
      reading(() => {
        if (position >= promisedFrom) return promises.listing(position);
        const { seq: first = 0, tape = 0 } = stored.base() ?? {};
        if (position < tape) return undefined;
        const seq = firstPast(
          { tape: position },
          first + 1,
          (one) => tapeLength(one as Seq) > position,
        );
        return seq === undefined || position < 0 ? undefined : event(seq as Seq);
      }),
    readTape: (position, length, target, at = 0) =>
      reading(() => {
        if (position < 0 || length < 0)
          throw new RangeError("a position or length on the tape is negative");
        if (at + length > target.length)
          throw new RangeError("the target is too small for the bytes of the tape");
        if (position >= promisedFrom) return readPromised(position, length, target, at);
        if (position + length > knownTape) knownTape = tapeLength(head());
        if (position + length > knownTape)
          throw new MalformedError(`the tape ends before byte ${position + length}`);
        source.readTape(position, position + length, target, at);
      }),
    promised: (position) => reading(() => promises.file(position)),
    missing: (position, length) => promises.missing(position, length),
    promisedEnd: () => reading(() => promises.end()),
    fetched: (position) => reading(() => promises.fetched(position)),
    base: () => reading(() => stored.base()),
    storedBase: () => (storedBase ??= openStoredBase(source.file, db, rows)),
    kept: (start, end) =>
      reading(() => {
        rows?.retained(start, end);
        return kept(start, end);
      }),
    redacted: (start, end) =>
      reading(() =>
        start >= promisedFrom
          ? promises.redacted(start, end, redacted)
          : redacted.within(start, end),
      ),
    version: () => reading(() => stored.version()),
  };
}

/** A search among at most so many events has them brought together. */
const mostSearched = 4_096;

function* translatingEach(file: string, events: IterableIterator<Event>): IterableIterator<Event> {
  for (;;) {
    const next = translating("read", file, () => events.next());
    if (next.done === true) return;
    yield next.value;
  }
}

function isControl(event: Event): boolean {
  return event.kind === "run-start" || event.kind === "run-end" || event.kind === "mark";
}

function pathsOf(event: Event): string[] {
  return placeless.has(event.kind) ? [] : namesIn(event);
}

function namesIn(event: Event): string[] {
  if (event.kind === "rename" || event.kind === "exchange") return [event.path, event.to];
  return "path" in event ? [event.path] : [];
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function clip(seq: Seq, head: Seq): Seq {
  return Math.min(Math.max(seq, 0), head) as Seq;
}
