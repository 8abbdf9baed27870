import type Database from "better-sqlite3";
import { Damage } from "../file/damage.ts";
import { isRedacted, redactionDigest, type RedactedRow } from "../format/redaction.ts";
import { segmentBytes } from "../tape/segment.ts";
import type { Tape } from "../tape/tape.ts";
import type { Walk } from "./walk.ts";

/** Counts what a journal lost to redactions. */
export interface RedactedCount {
  readonly spans: number;
  readonly bytes: number;
}

/** Checks a redacted span against the length that it must have, and against the tape. */
export function checkRedacted(tape: Tape, { start, length }: RedactedRow, whole: number): void {
  if (length !== whole) throw new Error("a redacted span covers more or less than its bytes");
  const piece = Buffer.alloc(Math.min(segmentBytes, length));
  for (let from = start as number; from < start + length; from += segmentBytes) {
    const count = Math.min(segmentBytes, start + length - from);
    tape.read(from, from + count, piece, 0);
    if (!isRedacted(piece.subarray(0, count), from - start))
      throw new Error("it is marked as redacted, but has other bytes");
  }
}

/**
 * Invariant J16: the spans of each redaction have the digest in its run-start, and each span belongs to a redaction in
 * the chain. The walk over the events has checked already that spans are whole writes and read as redacted.
 */
export function checkRedactions(
  db: Database.Database,
  walk: Pick<Walk, "redactions">,
): RedactedCount {
  const rows = db
    .prepare<[], RedactedRow>("SELECT start, length, run, digest FROM redacted ORDER BY start")
    .all();
  const byRun = Map.groupBy(rows, ({ run }) => run as number);
  for (const [run, digest] of walk.redactions) {
    if (redactionDigest(byRun.get(run) ?? []) !== digest)
      throw new Damage(`the redacted spans of run ${run} do not have its digest`);
    byRun.delete(run);
  }
  for (const run of byRun.keys())
    throw new Damage(`bytes are redacted by run ${run}, which is no redaction`);
  return { spans: rows.length, bytes: rows.reduce((sum, { length }) => sum + length, 0) };
}
