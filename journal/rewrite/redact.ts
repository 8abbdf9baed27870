import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { takeExclusiveAccess } from "../file/exclusive-access.ts";
import type { RunNumber } from "../format/event.ts";
import { databaseOf } from "../interface/handle.ts";
import type { Journal, JournalError, JournalWriter } from "../interface/journal.ts";
import { resolvePath } from "../file/recognise.ts";
import {
  fillRedacted,
  openRedactedSpans,
  redactionDigest,
  type RedactedRow,
  type TapeSpan,
} from "../format/redaction.ts";
import { noteScrub, scrubWhereDue } from "../file/scrub.ts";
import { bytesOf, raw, sealed, type SegmentRow, segmentBytes } from "../tape/segment.ts";
import { translating } from "../interface/storage-error.ts";
import { openTape } from "../tape/tape.ts";
import { tapeDigests } from "../tape/digest.ts";
import { type WriterOptions, whileWriting } from "../writer/writer.ts";

/** Options for removing bytes. */
export interface RedactOptions {
  /** The subject as the user named it, for the log. @internal */
  readonly what: string;
  /**
   * Chooses the spans to remove, while the journal is locked: whole writes, and whole retained spans. Spans that are
   * given twice or redacted already are skipped. @internal
   */
  readonly choose: (journal: Journal) => readonly TapeSpan[];
  readonly now?: WriterOptions["now"];
  /**
   * Called when the bytes are removed and the file is about to be rewritten, so that free pages do not hold them
   * either.
   */
  readonly onScrub?: () => void;
}

/** The result of a redaction. Without `run` there was nothing to remove. */
export interface Redaction {
  readonly run?: RunNumber;
  readonly spans: number;
  readonly bytes: number;
  /** The reason why free pages of the file may still hold the bytes; the next `redact` tries again. */
  readonly leftover?: JournalError;
  /** A file beside the journal that may hold the same bytes; the user must decide about it. */
  readonly stray?: string;
}

/**
 * Removes bytes from the tape for good, and records a run that says so. The digests stay, so that the chain still
 * proves everything else. Takes one transaction, so that after a crash it is done or not done. Throws JournalError,
 * also if the journal is being read: a reader would keep the old pages.
 */
export function redact(file: string, options: RedactOptions): Redaction {
  return whileWriting(file, options.now, (writer) =>
    translating("redact in", file, () => redactIn(writer, file, options)),
  );
}

function redactIn(writer: JournalWriter, file: string, options: RedactOptions): Redaction {
  const db = databaseOf(writer);
  const known = openRedactedSpans(db);
  const chosen = new Map(options.choose(writer).map((span) => [span.start, span]));
  const spans = [...chosen.values()]
    .filter(({ start }) => known.at(start) === undefined)
    .toSorted((one, other) => one.start - other.start);
  takeExclusiveAccess(db, file);
  db.pragma("secure_delete = ON");
  let run: RunNumber | undefined;
  if (spans.length > 0) run = db.transaction(() => remove(db, writer, spans, options.what))();
  const leftover = scrubWhereDue(db, file, options.onScrub);
  const stray = `${resolvePath(file)}-tail-stray`;
  return {
    ...(run === undefined ? {} : { run }),
    spans: spans.length,
    bytes: spans.reduce((sum, { length }) => sum + length, 0),
    ...(leftover === undefined ? {} : { leftover }),
    ...(existsSync(stray) ? { stray } : {}),
  };
}

function remove(
  db: Database.Database,
  writer: JournalWriter,
  spans: readonly TapeSpan[],
  what: string,
): RunNumber {
  const rows = digested(db, writer, spans);
  const { run } = writer.append({
    kind: "run-start",
    cause: "redact",
    guest: what,
    args: [String(spans.length), String(spans.reduce((sum, { length }) => sum + length, 0))],
    environment: [],
    digest: redactionDigest(rows),
    limits: new Map(),
  });
  writer.append({ kind: "run-end", exit: 0 });
  writer.commit();
  const insert = db.prepare<[number, number, number, Buffer]>(
    "INSERT INTO redacted VALUES (?, ?, ?, ?)",
  );
  for (const { start, length, digest } of rows) insert.run(start, length, run, digest);
  overwrite(db, spans);
  noteScrub(db);
  return run;
}

/**
 * Returns the spans with the SHA-256 of their bytes. Throws TypeError for a span that is neither a whole write nor a
 * retained span.
 */
function digested(
  db: Database.Database,
  journal: Journal,
  spans: readonly TapeSpan[],
): Omit<RedactedRow, "run">[] {
  const tape = openTape(db, 16 * segmentBytes);
  const kept = db.prepare<[number], number>("SELECT length FROM kept WHERE start = ?").pluck();
  const digest = tapeDigests(tape);
  return spans.map(({ start, length }) => {
    const event = journal.writer(start);
    const isWrite =
      event !== undefined &&
      (event.kind === "write" || event.kind === "fetch" || event.kind === "set-xattr") &&
      event.tape === start &&
      event.length === length;
    if (!isWrite && kept.get(start) !== length)
      throw new TypeError(`${length} bytes of the tape from ${start} on are no whole write`);
    return { start, length, digest: digest(start, start + length) };
  });
}

/** Overwrites the spans, segment by segment, with the text that redacted bytes read as. */
function overwrite(db: Database.Database, spans: readonly TapeSpan[]): void {
  const rowsOf = db.prepare<[number, number], SegmentRow>(
    "SELECT start, length, coding, crc, bytes FROM segment WHERE start >= ? AND start < ? ORDER BY start",
  );
  const update = db.prepare<[number, number, Buffer, number]>(
    "UPDATE segment SET coding = ?, crc = ?, bytes = ? WHERE start = ?",
  );
  let next = 0;
  for (let at = 0; at < spans.length;) {
    const span = spans[at];
    if (span === undefined) return;
    const first = Math.max(next, span.start - (span.start % segmentBytes));
    const end = first + segmentBytes;
    const inside: TapeSpan[] = [];
    for (let index = at; index < spans.length; index++) {
      const other = spans[index];
      if (other === undefined || other.start >= end) break;
      inside.push(other);
    }
    for (const row of rowsOf.all(first, end)) {
      const bytes = Buffer.from(bytesOf(row));
      for (const { start, length } of inside) {
        const from = Math.max(start, row.start);
        const stop = Math.min(start + length, row.start + row.length);
        if (from < stop)
          fillRedacted(bytes.subarray(from - row.start, stop - row.start), from - start);
      }
      const {
        coding,
        crc,
        bytes: packed,
      } = row.length === segmentBytes ? sealed(row.start, bytes) : raw(row.start, bytes);
      update.run(coding, crc, packed, row.start);
    }
    next = end;
    while (at < spans.length && (spans[at]?.start ?? 0) + (spans[at]?.length ?? 0) <= end) at++;
  }
}
