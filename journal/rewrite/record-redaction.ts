import type Database from "better-sqlite3";
import { openEventRows } from "../file/event-rows.ts";
import type { Event, RunNumber, Seq } from "../format/event.ts";
import { redactionDigest, type RedactedRow } from "../format/redaction.ts";

/** The end of a journal to which a run is added. */
export interface Situation {
  readonly seq: number;
  /** The length of its tape. */
  readonly tape: number;
  readonly lastRun: number;
  readonly time: bigint;
}

/**
 * Adds a run that tells of the redactions that belong to run 0 so far, and makes them its own; returns its events, for
 * which there is no commit yet. `what` says what was redacted. Call it in a transaction.
 */
export function recordRedaction(
  db: Database.Database,
  { seq, tape, lastRun, time }: Situation,
  what: string,
): Event[] {
  const rows = db
    .prepare<[], RedactedRow>(
      "SELECT start, length, run, digest FROM redacted WHERE run = 0 ORDER BY start",
    )
    .all();
  const run = (lastRun + 1) as RunNumber;
  const bytes = rows.reduce((sum, { length }) => sum + length, 0);
  const start: Event = {
    kind: "run-start",
    cause: "redact",
    guest: what,
    args: [String(rows.length), String(bytes)],
    environment: [],
    digest: redactionDigest(rows),
    limits: new Map(),
    seq: (seq + 1) as Seq,
    time,
    run,
  };
  const end: Event = { kind: "run-end", exit: 0, seq: (seq + 2) as Seq, time, run };
  openEventRows(db).insertAll([start, end], [tape, tape]);
  db.prepare<[number]>("UPDATE redacted SET run = ? WHERE run = 0").run(run);
  return [start, end];
}
