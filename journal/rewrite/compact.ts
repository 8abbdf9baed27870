import type Database from "better-sqlite3";
import { takeExclusiveAccess } from "../file/exclusive-access.ts";
import { type Base, baseDigest, factsOf, type RetainedSpan } from "../format/base.ts";
import type { RunNumber, Seq } from "../format/event.ts";
import { databaseOf } from "../format/handle.ts";
import type { Journal, JournalError, JournalWriter } from "../format/journal.ts";
import { retainedSpans, type UsedSpan } from "./retained-spans.ts";
import { patience } from "../writer/lock.ts";
import { pack, pageDigest } from "../file/packed.ts";
import { rewriteParts } from "../postings/parts.ts";
import type { RedactedRow } from "../format/redaction.ts";
import { timeOf } from "../format/schema.ts";
import { noteScrub, scrubWhereDue } from "../file/scrub.ts";
import { bytesOf, raw, sealed, type SegmentRow, segmentBytes } from "../tape/segment.ts";
import { failure, translating } from "../format/storage-error.ts";
import { openTape } from "../tape/tape.ts";
import { tapeDigests } from "../tape/digest.ts";
import { verify } from "../verify/verify.ts";
import { openAsWriter, type WriterOptions } from "../writer/writer.ts";

/** A state, as those who know about states store it, and which bytes of the tape it and the later events need. */
export interface BaseState {
  readonly bytes: Uint8Array;
  readonly pages: readonly Uint8Array[];
  readonly used: Iterable<UsedSpan>;
}

/** How a journal is compacted. */
export interface CompactOptions {
  /**
   * The moment as the user named it; it stands in the log.
   * @internal
   */
  readonly what: string;
  /**
   * Chooses the last event that may be folded, with the journal locked.
   * @internal
   */
  readonly choose: (journal: Journal) => Seq;
  /**
   * Makes the state just after an event.
   * @internal
   */
  readonly stateAt: (journal: Journal, seq: Seq) => BaseState;
  readonly now?: WriterOptions["now"];
  /** Told what is being done, as it takes a while. */
  readonly onStage?: (stage: "checking" | "folding" | "writing anew") => void;
}

/** What was folded. Without `run` there was nothing to fold. */
export interface Compaction {
  readonly run?: RunNumber;
  /** The last event that is folded now. */
  readonly seq: Seq;
  /** How many events went, and how many bytes of the tape. */
  readonly events: number;
  readonly bytes: number;
  /** Why the space is not given back yet; another compaction tries again. */
  readonly leftover?: JournalError;
}

/** The last commit at or before an event: only whole commits are folded, as the chain is one of commits. */
export function lastCommit(journal: Journal, seq: Seq): Seq {
  const found = databaseOf(journal)
    .prepare<[number], Seq>("SELECT max(seq) FROM chain WHERE seq <= ?")
    .pluck()
    .get(seq);
  return found ?? (0 as Seq);
}

/** Tells what a compaction would fold, and how many bytes of the tape would go. */
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
 * Puts the state after an event in the place of all events up to it, and gives the space back. What is left keeps its
 * numbers and its places on the tape. Done or not done after a crash, as one transaction. Throws JournalError, also
 * where somebody reads the journal, and where it is not whole.
 */
export function compact(file: string, options: CompactOptions): Compaction {
  const writer = openAsWriter(
    file,
    { durability: "batch", ...(options.now === undefined ? {} : { now: options.now }) },
    patience,
  );
  try {
    return translating("compact", file, () => compactIn(writer, file, options));
  } finally {
    writer.close();
  }
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

/** What is folded nobody can check afterwards: damage, or a history that was tampered with, must not get in. */
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
  const events = removeEvents(db, seq);
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

/** Stores a base in the place of the one before. The commits, runs and marks up to it stand in their tables already. */
export function putBase(
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

/** How many events up to one would go. */
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

/** The last event up to `seq` of each run that has no end up to there. */
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

/** The last place that an event up to `seq` used. */
function placesAt(db: Database.Database, seq: Seq): number {
  const last = db
    .prepare<[number, number], number>(
      `SELECT max((SELECT ifnull(max(place), 0) FROM event WHERE seq <= ?),
        (SELECT ifnull(max(to_place), 0) FROM moved WHERE seq <= ?))`,
    )
    .pluck();
  return last.get(seq, seq) ?? 0;
}

/** Takes away the places that no event is left for; gives the number of the last one left. */
function removePlaces(db: Database.Database): number {
  db.exec(
    `DELETE FROM place WHERE id NOT IN (SELECT place FROM event WHERE place IS NOT NULL)
      AND id NOT IN (SELECT to_place FROM moved)`,
  );
  return db.prepare<[], number>("SELECT ifnull(max(id), 0) FROM place").pluck().get() ?? 0;
}

/**
 * Keeps of the tape before `end` what is used, and drops the rest: whole segments go, in the others it becomes zeros.
 */
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
    // The open segment: what was folded of it becomes one piece, as its commits are no longer known.
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

/** Bytes of the tape before `end` that are there, where some were dropped by an earlier compaction. */
function heldBefore(db: Database.Database, base: Base | undefined, end: number): number {
  const retained = db.prepare<[], number>("SELECT ifnull(sum(length), 0) FROM kept").pluck().get();
  return end - (base?.tape ?? 0) + (retained ?? 0);
}

function sumOf(retained: readonly RetainedSpan[]): number {
  return retained.reduce((sum, { length }) => sum + length, 0);
}

/** Makes zeros of what of a segment, up to `stop`, is not kept. */
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
