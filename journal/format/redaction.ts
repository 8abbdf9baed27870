import { createHash } from "node:crypto";
import type Database from "better-sqlite3";
import type { Event, RunNumber, TapePosition } from "./event.ts";

/** Bytes of the tape. */
export interface TapeSpan {
  readonly start: TapePosition;
  readonly length: number;
}

/** A piece of the tape whose bytes were removed for good. It reads as "[redacted]", over and over. */
export interface RedactedSpan extends TapeSpan {
  /** The run that removed them. */
  readonly run: RunNumber;
}

/** A span as its row has it: `digest` is the SHA-256 of the bytes that stood there. */
export interface RedactedRow extends RedactedSpan {
  readonly digest: Buffer;
}

/** The redacted spans of a journal's tape. */
export interface RedactedSpans {
  /** Returns those that have a byte from `start` up to `end`, in order. */
  within(start: number, end: number): RedactedSpan[];
  /** Returns the one that begins at `start`. */
  at(start: number): RedactedRow | undefined;
}

export function openRedactedSpans(db: Database.Database): RedactedSpans {
  const within = db.prepare<[number, number, number], RedactedSpan>(
    `SELECT start, length, run FROM redacted
    WHERE start >= (SELECT ifnull(max(start), 0) FROM redacted WHERE start <= ?) AND start < ? AND start + length > ?
    ORDER BY start`,
  );
  const at = db.prepare<[number], RedactedRow>(
    "SELECT start, length, run, digest FROM redacted WHERE start = ?",
  );
  return {
    within: (start, end) => within.all(start, end, start),
    at: (start) => at.get(start),
  };
}

/** Tells which writes are redacted; for many events, as it asks the journal once. */
export function redactedWrites(journal: {
  readonly redacted: (start: number, end: number) => readonly RedactedSpan[];
}): (event: Event) => boolean {
  let starts: ReadonlySet<number> | undefined;
  return (event) => {
    if (event.kind !== "write" && event.kind !== "fetch" && event.kind !== "set-xattr")
      return false;
    // An empty value stands where the bytes of the next event begin.
    if (event.length === 0) return false;
    starts ??= new Set(journal.redacted(0, Number.MAX_SAFE_INTEGER).map(({ start }) => start));
    return starts.has(event.tape);
  };
}

/** Returns the digest in the run-start of a redaction: it binds the rows, in their order, to the chain. */
export function redactionDigest(rows: Iterable<Pick<RedactedRow, "start" | "length" | "digest">>) {
  const hash = createHash("sha256").update("rewindfs redaction 1\n");
  for (const { start, length, digest } of rows) {
    hash.update(`${start} ${length} ${Buffer.from(digest).toString("hex")}\n`);
  }
  return hash.digest("hex");
}

const text = Buffer.from("[redacted]");

/** Puts into `bytes` what a span reads as, from its byte `from` on. */
export function fillRedacted(bytes: Uint8Array, from: number): void {
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = text[(from + index) % text.length] ?? 0;
}

/** Tells whether these are the bytes of a redacted span, from its byte `from` on. */
export function isRedacted(bytes: Uint8Array, from: number): boolean {
  return bytes.every((byte, index) => byte === text[(from + index) % text.length]);
}
