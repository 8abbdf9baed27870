import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { takeExclusiveAccess } from "../file/exclusive-access.ts";
import type { RunNumber } from "../format/event.ts";
import { databaseOf } from "../format/handle.ts";
import type { Journal, JournalError, JournalWriter } from "../format/journal.ts";
import { patience } from "../writer/lock.ts";
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
import { translating } from "../format/storage-error.ts";
import { openTape } from "../tape/tape.ts";
import { tapeDigests } from "../tape/digest.ts";
import { openAsWriter, type WriterOptions } from "../writer/writer.ts";

/** How bytes are removed. */
export interface RedactOptions {
  /**
   * What is redacted, as the user named it; it stands in the log.
   * @internal
   */
  readonly what: string;
  /**
   * Chooses what goes, with the journal locked: whole writes, and whole pieces that a compaction kept. What is named
   * twice, or redacted already, is passed over.
   * @internal
   */
  readonly choose: (journal: Journal) => readonly TapeSpan[];
  readonly now?: WriterOptions["now"];
  /**
   * Told when the bytes are removed and the file is about to be written anew, so that nothing of them is left in it.
   */
  readonly onScrub?: () => void;
}

/** What was removed. Without `run` there was nothing to remove. */
export interface Redaction {
  readonly run?: RunNumber;
  readonly spans: number;
  readonly bytes: number;
  /** Why the file may still hold the bytes, in pages that are free; another `redact` tries again. */
  readonly leftover?: JournalError;
  /** A file beside the journal that may hold the same bytes, and that is left to the user. */
  readonly stray?: string;
}

/**
 * Removes bytes from the tape for good, and records that as a run. Digests stay in their place, so that the chain still
 * proves all the rest. Done or not done after a crash, as one transaction. Throws JournalError, also where somebody
 * reads the journal: a reader would keep the old pages.
 */
export function redact(file: string, options: RedactOptions): Redaction {
  const writer = openAsWriter(
    file,
    { durability: "batch", ...(options.now === undefined ? {} : { now: options.now }) },
    patience,
  );
  try {
    return translating("redact in", file, () => redactIn(writer, file, options));
  } finally {
    writer.close();
  }
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
 * The spans with the SHA-256 of what stands there. Throws TypeError for one that is no whole write, nor a kept piece.
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
    const isWrite = event?.kind === "write" && event.tape === start && event.length === length;
    if (!isWrite && kept.get(start) !== length)
      throw new TypeError(`${length} bytes of the tape from ${start} on are no whole write`);
    return { start, length, digest: digest(start, start + length) };
  });
}

/** Puts what redacted bytes read as in the place of what stands there, segment by segment. */
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
