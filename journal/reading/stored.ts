import type Database from "better-sqlite3";
import { type Base, openBase } from "../format/base.ts";
import { MalformedError } from "../format/bytes.ts";
import type { Event, Seq } from "../format/event.ts";
import { eventOf, type EventRow, isControlIn, selectEvent, tapeAfter } from "../format/row.ts";
import type { RowSource } from "../interface/row-source.ts";
import { bytesAdded } from "../format/kinds.ts";
import { timeOf } from "../format/schema.ts";

/** Reads the committed events of a journal from their rows. */
export interface Stored {
  head(): Seq;
  event(seq: Seq): Event | undefined;
  events(first: Seq, last: Seq): Event[];
  tapeLength(seq: Seq): number;
  time(seq: Seq): bigint;
  /** Returns the base; undefined in a journal that was never compacted. */
  base(): Base | undefined;
  digest(): { readonly seq: Seq; readonly digest: Buffer };
  /** Returns the run-starts, run-ends and marks. */
  controls(): Event[];
  /** Returns distinct paths from `path` on, in byte order, up to a page. */
  pathsFrom(path: string): string[];
  version(): number;
}

/** `rows` brings rows that are not in the file; without it, all are. */
export function openStored(db: Database.Database, rows?: RowSource): Stored {
  const window = db
    .prepare<[number, number], EventRow>(
      `${selectEvent} WHERE e.seq BETWEEN ? AND ? ORDER BY e.seq`,
    )
    .raw();
  const controls = db
    .prepare<[], EventRow>(`${selectEvent} WHERE ${isControlIn("e")} ORDER BY e.seq`)
    .raw();
  const tape = db.prepare<[number], number>("SELECT tape FROM event WHERE seq = ?").pluck();
  const time = db
    .prepare<[number], bigint>(`SELECT ${timeOf("e")} FROM event e WHERE seq = ?`)
    .pluck()
    .safeIntegers();
  const last = db.prepare<[], { seq: number; digest: Buffer }>(
    "SELECT seq, digest FROM chain ORDER BY seq DESC LIMIT 1",
  );
  const paths = db
    .prepare<[string], string>(
      `SELECT path FROM place WHERE path >= ? ORDER BY path LIMIT ${pagePaths}`,
    )
    .pluck();
  const version = db.prepare<[], number>("PRAGMA data_version").pluck();
  const base = openBase(db);
  /** Returns the base if `seq` is its last event. */
  const baseAt = (seq: Seq) => {
    const found = base();
    return found?.seq === seq ? found : undefined;
  };

  /**
   * Checks that each event after the base has the next seq and continues the tape: states are made from these events.
   */
  function requireInTurn(
    found: readonly { readonly event: Event; readonly row: EventRow }[],
  ): void {
    const start = base();
    let before: { readonly seq: number; readonly tape: number } | undefined;
    for (const { event, row } of found) {
      const { seq } = event;
      const after = tapeAfter(row);
      if (seq > (start?.seq ?? 0)) {
        before ??= { seq: seq - 1, tape: tapeBefore(seq) };
        if (seq !== before.seq + 1) throw new MalformedError(`event ${before.seq + 1} is missing`);
        if (after !== before.tape + bytesAdded(event))
          throw new MalformedError(`event ${seq} does not follow on the tape`);
        before = { seq, tape: after };
      }
    }
  }

  function tapeBefore(seq: Seq): number {
    const last = (seq - 1) as Seq;
    return last === 0 ? 0 : present(tape.get(last) ?? baseAt(last)?.tape, last);
  }

  function digest() {
    const row = last.get();
    // In a damaged file the table may hold rows of another one.
    if (row === undefined || !Buffer.isBuffer(row.digest))
      throw new MalformedError("it has no digest chain");
    return { seq: row.seq as Seq, digest: row.digest };
  }

  return {
    head: () => digest().seq,
    event(seq) {
      rows?.events(seq, seq);
      const row = window.get(seq, seq);
      return row === undefined ? undefined : eventOf(row);
    },
    events(first, end) {
      // The event before the first tells where the tape of the first begins.
      rows?.events(first - 1, end);
      const found = window.all(first, end).map((row) => ({ event: eventOf(row), row }));
      requireInTurn(found);
      return found.map(({ event }) => event);
    },
    tapeLength(seq) {
      if (seq <= 0) return 0;
      rows?.events(seq, seq);
      return present(tape.get(seq) ?? baseAt(seq)?.tape, seq);
    },
    time(seq) {
      rows?.events(seq, seq);
      return present(time.get(seq) ?? baseAt(seq)?.time, seq);
    },
    base,
    digest,
    controls: () => controls.all().map(eventOf),
    pathsFrom(path) {
      rows?.places(1, Number.MAX_SAFE_INTEGER);
      return paths.all(path).filter((one, index, all) => one !== all[index - 1]);
    },
    version: () => rows?.version() ?? version.get() ?? 0,
  };
}

/** A page is large because each one costs a walk over all places. */
const pagePaths = 65_536;

function present<T>(value: T | undefined, seq: Seq): T {
  if (value === undefined) throw new MalformedError(`event ${seq} is missing`);
  return value;
}
