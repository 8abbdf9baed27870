import type Database from "better-sqlite3";
import { takeExclusiveAccess } from "../file/exclusive-access.ts";
import { type Base, baseDigest, factsOf, type RetainedSpan } from "../format/base.ts";
import type { RunNumber, Seq } from "../format/event.ts";
import { kinds } from "../format/kinds.ts";
import { firstWhere } from "../interface/search.ts";
import { databaseOf } from "../interface/handle.ts";
import type { Journal, JournalError, JournalWriter } from "../interface/journal.ts";
import { retainedSpans, type UsedSpan } from "./retained-spans.ts";
import { pack, pageDigest } from "../snapshots/packed.ts";
import { rewriteParts } from "../postings/parts.ts";
import type { RedactedRow } from "../format/redaction.ts";
import { timeOf } from "../format/schema.ts";
import { noteScrub, scrubWhereDue } from "../file/scrub.ts";
import { bytesOf, raw, sealed, type SegmentRow, segmentBytes } from "../tape/segment.ts";
import { failure, translating } from "../interface/storage-error.ts";
import { openTape } from "../tape/tape.ts";
import { tapeDigests } from "../tape/digest.ts";
import { verify } from "../verify/verify.ts";
import { type WriterOptions, whileWriting } from "../writer/writer.ts";

/**
 * An encoded state, and the bytes of the tape that it and the later events need. The journal itself knows no states.
 */
export interface BaseState {
  readonly bytes: Uint8Array;
  readonly pages: readonly Uint8Array[];
  readonly used: Iterable<UsedSpan>;
}

/** Options for compacting a journal. */
export interface CompactOptions {
  /** The moment as the user named it, for the log. @internal */
  readonly what: string;
  /** Chooses the last event to fold, while the journal is locked. @internal */
  readonly choose: (journal: Journal) => Seq;
  /** Makes the state just after an event. @internal */
  readonly stateAt: (journal: Journal, seq: Seq) => BaseState;
  readonly now?: WriterOptions["now"];
  /** Called at the beginning of each stage, as a compaction takes a while. */
  readonly onStage?: (stage: "checking" | "folding" | "writing anew") => void;
}

/** The result of a compaction. Without `run` there was nothing to fold. */
export interface Compaction {
  readonly run?: RunNumber;
  /** The last folded event. */
  readonly seq: Seq;
  /** The number of folded events, and of removed bytes of the tape. */
  readonly events: number;
  readonly bytes: number;
  /** The reason why the space is not free yet; the next compaction tries again. */
  readonly leftover?: JournalError;
}

/**
 * Returns the last commit at or before an event. Only whole commits can be folded, because the chain covers commits.
 */
export function lastCommit(journal: Journal, seq: Seq): Seq {
  const found = databaseOf(journal)
    .prepare<[number], Seq>("SELECT max(seq) FROM chain WHERE seq <= ?")
    .pluck()
    .get(seq);
  return found ?? (0 as Seq);
}

/** Tells what a compaction would fold, and how many bytes of the tape it would remove. */
export function planCompaction(
  journal: Journal,
  last: Seq,
  stateAt: CompactOptions["stateAt"],
): Omit<Compaction, "run" | "leftover"> {
  const db = databaseOf(journal);
  const base = journal.base();
  const seq = lastCommit(journal, last);
  const events = eventsBefore(db, seq);
  if (events === 0) return { seq: base?.seq ?? (0 as Seq), events: 0, bytes: 0 };
  const end = journal.tapeLength(seq);
  const none = Buffer.alloc(0);
  const retained = retainedSpans(
    stateAt(journal, seq).used,
    redactedBefore(db, end),
    end,
    () => none,
  );
  return { seq, events, bytes: heldBefore(db, base, end) - sumOf(retained) };
}

/**
 * Replaces all events up to one by the state after it, and frees the space. The other events keep their numbers and
 * places on the tape. Takes one transaction, so that after a crash it is done or not done. Throws JournalError, also if
 * the journal is being read or is damaged.
 */
export function compact(file: string, options: CompactOptions): Compaction {
  return whileWriting(file, options.now, (writer) =>
    translating("compact", file, () => compactIn(writer, file, options)),
  );
}

function compactIn(writer: JournalWriter, file: string, options: CompactOptions): Compaction {
  const db = databaseOf(writer);
  const baseSeq = writer.base()?.seq ?? 0;
  const seq = lastCommit(writer, options.choose(writer));
  const isMore = eventsBefore(db, seq) > 0;
  if (isMore) {
    options.onStage?.("checking");
    requireWhole(writer, file);
    options.onStage?.("folding");
  }
  const state = isMore ? options.stateAt(writer, seq) : undefined;
  takeExclusiveAccess(db, file);
  const done =
    state === undefined
      ? { seq: baseSeq as Seq, events: 0, bytes: 0 }
      : db.transaction(() => compactUpTo(db, writer, seq, state, options.what))();
  const leftover = scrubWhereDue(db, file, () => options.onStage?.("writing anew"));
  return { ...done, ...(leftover === undefined ? {} : { leftover }) };
}

/**
 * Verifies the journal first: nobody can check folded events, so damage or forged history must not get into the base.
 */
function requireWhole(writer: JournalWriter, file: string): void {
  const verdict = verify(writer);
  if (!verdict.ok) throw failure("damaged", "compact", file, verdict.reason);
}

function compactUpTo(
  db: Database.Database,
  writer: JournalWriter,
  seq: Seq,
  state: BaseState,
  what: string,
): Compaction {
  const before = writer.base();
  const facts = {
    seq,
    firstTime: before?.firstTime ?? timeAt(db, 1),
    time: timeAt(db, seq),
    tape: writer.tapeLength(seq),
    lasts: lastsAt(db, writer, seq),
  };
  const held = heldBefore(db, before, facts.tape);
  const retained = keepTape(db, facts.tape, state.used);
  const numbered = Math.max(before?.places ?? 0, placesAt(db, seq));
  const events = removeEvents(db, seq) + removeFetches(db, seq, retained);
  const places = Math.min(numbered, removePlaces(db));
  rewriteParts(db);
  putBase(db, writer.id, { ...facts, places }, retained, state);
  const digest = digestOfBase(db);
  const { run } = writer.append({
    kind: "run-start",
    cause: "gc",
    guest: what,
    args: [String(seq)],
    environment: [],
    digest: digest.toString("hex"),
    limits: new Map(),
  });
  writer.append({ kind: "run-end", exit: 0 });
  writer.commit();
  noteScrub(db);
  return { run, seq, events, bytes: held - sumOf(retained) };
}

/** Returns the digest by which the bytes of a base name a page of theirs. */
export function basePageDigest(page: Uint8Array): string {
  return pageDigest(page).toString("hex");
}

/** Stores a base in place of the one before. The commits, runs and marks up to it are in their tables already. */
function putBase(
  db: Database.Database,
  id: string,
  base: Base,
  retained: readonly RetainedSpan[],
  { bytes, pages }: Pick<BaseState, "bytes" | "pages">,
): void {
  db.exec(
    "DELETE FROM base; DELETE FROM base_page; DELETE FROM kept; DELETE FROM snapshot; DELETE FROM snapshot_page",
  );
  const keep = db.prepare<[number, number, Buffer]>("INSERT INTO kept VALUES (?, ?, ?)");
  for (const { start, length, digest } of retained) keep.run(start, length, digest);
  const put = db.prepare<[Buffer, Buffer]>("INSERT OR IGNORE INTO base_page VALUES (?, ?)");
  for (const page of pages) put.run(pageDigest(page), pack(page));
  const row = { seq: base.seq, facts: factsOf(base) };
  db.prepare<[number, string, Buffer, Buffer]>("INSERT INTO base VALUES (?, ?, ?, ?)").run(
    row.seq,
    row.facts,
    baseDigest(db, id, row, bytes),
    pack(bytes),
  );
}

/** Counts the events up to one that would be folded. */
function eventsBefore(db: Database.Database, seq: Seq): number {
  const count = db
    .prepare<[number], number>("SELECT count(*) FROM event WHERE seq <= ? AND place IS NOT NULL")
    .pluck();
  return count.get(seq) ?? 0;
}

function digestOfBase(db: Database.Database): Buffer {
  return db.prepare<[], Buffer>("SELECT digest FROM base").pluck().get() ?? Buffer.alloc(0);
}

function timeAt(db: Database.Database, seq: number): bigint {
  const time = db
    .prepare<[number], bigint>(`SELECT ${timeOf("e")} FROM event e WHERE seq = ?`)
    .pluck()
    .safeIntegers()
    .get(seq);
  return time ?? 0n;
}

/** Finds the last event up to `seq` of each run that does not end before. */
function lastsAt(db: Database.Database, journal: Journal, seq: Seq): Map<RunNumber, Seq> {
  const last = db
    .prepare<[number, number, number], number>(
      "SELECT max(seq) FROM event WHERE run = ? AND seq BETWEEN ? AND ?",
    )
    .pluck();
  const lasts = new Map<RunNumber, Seq>();
  const before = journal.base();
  for (const { run, first, end, last: known } of journal.runs()) {
    if (first > seq || (end !== undefined && known <= seq)) continue;
    const stop = before?.lasts.get(run) ?? first;
    lasts.set(run, Math.max(stop, last.get(run, first, Math.min(known, seq)) ?? first) as Seq);
  }
  return lasts;
}

function removeEvents(db: Database.Database, seq: Seq): number {
  db.prepare<[number]>("DELETE FROM moved WHERE seq <= ?").run(seq);
  return db.prepare<[number]>("DELETE FROM event WHERE seq <= ? AND place IS NOT NULL").run(seq)
    .changes;
}

/** Removes fetches whose bytes are not retained, as no file has them any more. */
function removeFetches(db: Database.Database, seq: Seq, retained: readonly RetainedSpan[]): number {
  const fetches = db
    .prepare<[number, number], { seq: number; start: number; end: number }>(
      "SELECT seq, tape - size AS start, tape AS end FROM event WHERE place IS NULL AND kind = ? AND seq <= ?",
    )
    .all(kinds.fetch.code, seq);
  const remove = db.prepare<[number]>("DELETE FROM event WHERE seq = ?");
  let count = 0;
  for (const fetch of fetches) {
    if (isRetained(retained, fetch.start, fetch.end)) continue;
    remove.run(fetch.seq);
    count += 1;
  }
  return count;
}

function isRetained(retained: readonly RetainedSpan[], start: number, end: number): boolean {
  let at = firstWhere(0, retained.length - 1, (index) => endOf(retained[index]) > start);
  let reached = start;
  for (; at !== undefined && reached < end; at += 1) {
    const span = retained[at];
    if (span === undefined || span.start > reached) return false;
    reached = endOf(span);
  }
  return reached >= end;
}

function endOf(span: RetainedSpan | undefined): number {
  return span === undefined ? Infinity : span.start + span.length;
}

/** Finds the last place that an event up to `seq` used. */
function placesAt(db: Database.Database, seq: Seq): number {
  const last = db
    .prepare<[number, number], number>(
      `SELECT max((SELECT ifnull(max(place), 0) FROM event WHERE seq <= ?),
        (SELECT ifnull(max(to_place), 0) FROM moved WHERE seq <= ?))`,
    )
    .pluck();
  return last.get(seq, seq) ?? 0;
}

/** Removes the places without events; returns the number of the last one that is left. */
function removePlaces(db: Database.Database): number {
  db.exec(
    `DELETE FROM place WHERE id NOT IN (SELECT place FROM event WHERE place IS NOT NULL)
      AND id NOT IN (SELECT to_place FROM moved)`,
  );
  return db.prepare<[], number>("SELECT ifnull(max(id), 0) FROM place").pluck().get() ?? 0;
}

/** Removes unused bytes of the tape before `end`: deletes whole segments, and puts zeros into others. */
function keepTape(
  db: Database.Database,
  end: number,
  used: Iterable<UsedSpan>,
): readonly RetainedSpan[] {
  const digest = tapeDigests(openTape(db, 16 * segmentBytes));
  const retained = retainedSpans(used, redactedBefore(db, end), end, digest);
  const rowsOf = db.prepare<[number, number], SegmentRow>(
    "SELECT start, length, coding, crc, bytes FROM segment WHERE start >= ? AND start < ? ORDER BY start",
  );
  const remove = db.prepare<[number]>("DELETE FROM segment WHERE start = ?");
  const insert = db.prepare<[number, number, number, number, Buffer]>(
    "INSERT INTO segment VALUES (?, ?, ?, ?, ?)",
  );
  const put = (row: SegmentRow) =>
    insert.run(row.start, row.length, row.coding, row.crc, row.bytes);
  let next = 0;
  for (let first = 0; first < end; first += segmentBytes) {
    const stop = Math.min(end, first + segmentBytes);
    const inside: RetainedSpan[] = [];
    for (let at = next; at < retained.length; at += 1) {
      const row = retained[at];
      if (row === undefined || row.start >= stop) break;
      if (row.start + row.length <= first) next = at + 1;
      else inside.push(row);
    }
    const rows = rowsOf.all(first, first + segmentBytes);
    const isWhole = rows[0]?.length === segmentBytes;
    if (rows.length === 0) continue;
    const bytes = Buffer.alloc(segmentBytes);
    for (const row of rows) bytesOf(row).copy(bytes, row.start - first);
    clear(bytes, first, stop, inside);
    if (isWhole) {
      remove.run(first);
      if (inside.length > 0 || stop < first + segmentBytes) put(sealed(first, bytes));
      continue;
    }
    // The folded part of the open segment becomes one piece, because its commits are gone.
    for (const row of rows) if (row.start < stop) remove.run(row.start);
    put(raw(first, bytes.subarray(0, stop - first)));
  }
  return retained;
}

function redactedBefore(db: Database.Database, end: number): RedactedRow[] {
  return db
    .prepare<[number], RedactedRow>(
      "SELECT start, length, run, digest FROM redacted WHERE start < ? ORDER BY start",
    )
    .all(end);
}

/** Counts the bytes of the tape before `end` that earlier compactions left. */
function heldBefore(db: Database.Database, base: Base | undefined, end: number): number {
  const retained = db.prepare<[], number>("SELECT ifnull(sum(length), 0) FROM kept").pluck().get();
  return end - (base?.tape ?? 0) + (retained ?? 0);
}

function sumOf(retained: readonly RetainedSpan[]): number {
  return retained.reduce((sum, { length }) => sum + length, 0);
}

/** Puts zeros into a segment, up to `stop`, except for the retained spans. */
function clear(
  bytes: Buffer,
  first: number,
  stop: number,
  retained: readonly RetainedSpan[],
): void {
  let at = first;
  for (const { start, length } of retained) {
    if (start > at) bytes.fill(0, at - first, start - first);
    at = Math.max(at, start + length);
  }
  if (at < stop) bytes.fill(0, at - first, stop - first);
}
