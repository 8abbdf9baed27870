import type Database from "better-sqlite3";
import { openRetained, type StoredBase } from "../format/base.ts";
import { MalformedError } from "../format/bytes.ts";
import { type Event, promisedFrom, type Seq } from "../format/event.ts";
import { deletedMark } from "../format/mark-name.ts";
import { openRedactedSpans } from "../format/redaction.ts";
import { versionOf } from "../file/migrate.ts";
import type { Journal, Query } from "../interface/journal.ts";
import type { RowSource } from "../interface/row-source.ts";
import type { SnapshotStore } from "../interface/snapshot-store.ts";
import { translating } from "../interface/storage-error.ts";
import { openPostingLookup } from "../postings/lookup.ts";
import { openPromises, type Promises } from "../promises/promises.ts";
import { isOwnListing } from "../snapshots/listing-seal.ts";
import { openSnapshots } from "../snapshots/snapshots.ts";
import { openByPosition } from "./by-position.ts";
import { namesIn, pathsOf } from "./paths.ts";
import { placesOnTape, promisedReader } from "./promised-tape.ts";
import { matches, openQueries } from "./query.ts";
import { runsOf } from "./runs.ts";
import { openSeqs } from "./seqs.ts";
import { openSequence, type Pending, type Sequence } from "./sequence.ts";
import { openStored, type Stored } from "./stored.ts";
import { openStoredBase } from "./stored-base.ts";

/** Provides what a journal's answers are read from. */
export interface Source {
  readonly file: string;
  readonly id: string;
  readonly db: Database.Database;
  readonly pending: Pending;
  /** Returns the seq of the last committed event. */
  committed(this: void): Seq;
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
  const { file, id, db, pending, rows, committed } = source;
  const reading: Attempt = (act) => translating("read", file, act);
  const stored = openStored(db, rows);
  const find = openPostingLookup(db, rows);
  const select = openQueries(db, find, rows);
  const sequence = openSequence({ stored, pending, committed, select });
  const promises = openPromises({
    db,
    pending: pending.events,
    isOwn: isOwnListing,
    format: () => versionOf(db),
    readTape: (start, end, target, at) => source.readTape(start, end, target, at),
  });
  const seqs = openSeqs(
    db,
    find,
    (wanted: Query) => select({ ...wanted, last: committed() }),
    rows,
  );
  let snapshots: SnapshotStore | undefined;
  return {
    file,
    id,
    snapshots: () => (snapshots ??= openSnapshots(source)),
    version: () => reading(() => stored.version()),
    digest: () =>
      reading(() => {
        const { seq, digest } = stored.digest();
        return { seq, digest: digest.toString("hex") };
      }),
    ...eventAnswers(sequence, file, reading),
    ...controlAnswers(sequence, reading),
    choosePlaces: (holds) => seqs.choosePlaces(holds),
    seqs: ({ places, ...wanted }) =>
      reading(() => {
        const last = Math.min(wanted.last, committed());
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
    paths: () => pathsOf(stored, pending.events, reading),
    ...positionAnswers({ sequence, stored, promises, rows, reading }),
    ...tapeAnswers({ source, sequence, promises, reading }),
    ...baseAnswers(source, stored, reading),
    ...promiseAnswers(promises, reading),
  };
}

/** Does something with the file; throws JournalError for the errors of SQLite. */
type Attempt = <T>(act: () => T) => T;

function eventAnswers(sequence: Sequence, file: string, reading: Attempt) {
  return {
    head: () => reading(() => sequence.head()),
    tapeLength: (seq: Seq) => reading(() => sequence.tapeLength(clip(seq, sequence.head()))),
    event: (seq: Seq) => reading(() => sequence.event(seq)),
    events: (first: Seq, last: Seq) => reading(() => sequence.events(first, last)),
    query: (wanted: Query) => translatingEach(file, sequence.query(wanted)),
  };
}

function controlAnswers(
  sequence: Sequence,
  reading: Attempt,
): Pick<Journal, "runs" | "run" | "marks" | "mark"> {
  const runs = () =>
    reading(() =>
      runsOf(sequence.controls(), (run, before) => sequence.lastOf(run, before), sequence.head()),
    );
  const marks = () =>
    reading(() =>
      sequence
        .controls()
        .flatMap((one) =>
          one.kind === "mark" ? [{ name: one.name, at: one.at, seq: one.seq }] : [],
        ),
    );
  return {
    runs,
    run: (run) => runs().find((one) => one.run === run),
    marks,
    mark(name) {
      const found = marks().findLast((one) => (deletedMark(one.name) ?? one.name) === name);
      return found?.name === name ? found.at : undefined;
    },
  };
}

interface Positions {
  readonly sequence: Sequence;
  readonly stored: Stored;
  readonly promises: Promises;
  readonly rows: RowSource | undefined;
  readonly reading: Attempt;
}

function positionAnswers({
  sequence,
  stored,
  promises,
  rows,
  reading,
}: Positions): Pick<Journal, "seqAtTime" | "seqNearTime" | "expectTape" | "writer"> {
  const byPosition = openByPosition(sequence, stored, rows);
  const fetching: Pick<Journal, "seqNearTime" | "expectTape"> =
    rows === undefined
      ? {}
      : {
          seqNearTime: (time) => reading(() => byPosition.seqNearTime(rows, time)),
          expectTape: (spans) =>
            reading(() => rows.tape(spans.flatMap((span) => [...placesOnTape(promises, span)]))),
        };
  return {
    ...fetching,
    seqAtTime: (time) => reading(() => byPosition.seqAtTime(time)),
    writer: (position) =>
      reading(() =>
        position >= promisedFrom ? promises.listing(position) : byPosition.writer(position),
      ),
  };
}

interface TapeParts {
  readonly source: Source;
  readonly sequence: Sequence;
  readonly promises: Promises;
  readonly reading: Attempt;
}

function tapeAnswers({
  source,
  sequence,
  promises,
  reading,
}: TapeParts): Pick<Journal, "readTape" | "redacted"> {
  const readTape: Source["readTape"] = (start, end, target, at) =>
    source.readTape(start, end, target, at);
  const readPromised = promisedReader(promises, readTape, source.promised);
  const redacted = openRedactedSpans(source.db);
  /** A lower bound of the tape's length. The tape only grows, and asking for its length costs more than most reads. */
  let knownTape = 0;
  return {
    readTape: (position, length, target, at = 0) =>
      reading(() => {
        if (position < 0 || length < 0)
          throw new RangeError("a position or length on the tape is negative");
        if (at + length > target.length)
          throw new RangeError("the target is too small for the bytes of the tape");
        if (position >= promisedFrom) return readPromised(position, length, target, at);
        const end = position + length;
        if (end > knownTape) knownTape = sequence.tapeLength(sequence.head());
        if (end > knownTape) throw new MalformedError(`the tape ends before byte ${end}`);
        readTape(position, end, target, at);
      }),
    redacted: (start, end) =>
      reading(() =>
        start >= promisedFrom
          ? promises.redacted(start, end, redacted)
          : redacted.within(start, end),
      ),
  };
}

function baseAnswers(
  { file, db, rows }: Source,
  stored: Stored,
  reading: Attempt,
): Pick<Required<Journal>, "base" | "storedBase" | "retained"> {
  const retained = openRetained(db);
  let storedBase: StoredBase | undefined;
  return {
    base: () => reading(() => stored.base()),
    storedBase: () => (storedBase ??= openStoredBase(file, db, rows)),
    retained: (start, end) =>
      reading(() => {
        rows?.retained(start, end);
        return retained(start, end);
      }),
  };
}

function promiseAnswers(
  promises: Promises,
  reading: Attempt,
): Pick<Required<Journal>, "promised" | "promisedEnd" | "fetched"> & Pick<Reading, "missing"> {
  return {
    promised: (position) => reading(() => promises.file(position)),
    promisedEnd: () => reading(() => promises.end()),
    fetched: (position) => reading(() => promises.fetched(position)),
    missing: (position, length) => promises.missing(position, length),
  };
}

function* translatingEach(file: string, events: IterableIterator<Event>): IterableIterator<Event> {
  for (;;) {
    const next = translating("read", file, () => events.next());
    if (next.done === true) return;
    yield next.value;
  }
}

function clip(seq: Seq, head: Seq): Seq {
  return Math.min(Math.max(seq, 0), head) as Seq;
}
