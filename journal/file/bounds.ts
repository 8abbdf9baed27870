import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
import { segmentBytes } from "../tape/segment.ts";

/** The least number of bytes that a row of an event or of a segment takes in the file. */
const leastRowBytes = 12;

/**
 * Checks that the file is large enough for the events and the tape that it claims: so a walk over them takes time and
 * memory in proportion to the file. Throws MalformedError.
 */
export function checkBounds(db: Database.Database): void {
  const [seq, base, tape, baseTape] = db.prepare<[], unknown[]>(select).raw().get() ?? [];
  const pages = Number(db.pragma("page_count", { simple: true }));
  const bytes = pages * Number(db.pragma("page_size", { simple: true }));
  const mostRows = bytes / leastRowBytes;
  if (!isUpTo(seq, base, mostRows))
    throw new MalformedError("it counts events that it cannot hold");
  if (!isUpTo(tape, baseTape, mostRows * segmentBytes))
    throw new MalformedError("it counts bytes that it cannot hold");
}

const select = `
WITH base_before AS (SELECT ifnull(max(seq), 0) AS seq, ifnull(max(facts ->> '$.tape'), 0) AS tape FROM base),
  last AS (SELECT max(seq) AS seq FROM chain)
SELECT last.seq, base_before.seq, ifnull((SELECT tape FROM event WHERE seq = last.seq), base_before.tape), base_before.tape
FROM last, base_before`;

function isUpTo(value: unknown, before: unknown, most: number): boolean {
  if (typeof value !== "number" || typeof before !== "number") return false;
  if (!Number.isSafeInteger(value) || !Number.isSafeInteger(before)) return false;
  return before >= 0 && value >= before && value - before <= most;
}
