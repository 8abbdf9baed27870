import type Database from "better-sqlite3";
import { baseDigest, type BaseRow, factsOf, openBase } from "../format/base.ts";
import { ByteWriter, MalformedError } from "../format/bytes.ts";
import { commitHash, foundation } from "../format/chain.ts";
import { encodeEvent } from "../format/codec.ts";
import { connectWriter, journalId, leaveWal } from "../file/connection.ts";
import type { Seq } from "../format/event.ts";
import { bytesAdded, hasBytes } from "../format/kinds.ts";
import { databaseOf } from "../interface/handle.ts";
import type { Journal } from "../interface/journal.ts";
import { unpack } from "../snapshots/packed.ts";
import { rewriteParts } from "../postings/parts.ts";
import { openRedactedSpans } from "../format/redaction.ts";
import { isControlIn } from "../format/row.ts";
import { raw, type SegmentRow, segmentBytes } from "../tape/segment.ts";
import { birthOf } from "../format/schema.ts";
import { translating } from "../interface/storage-error.ts";
import { recordRedaction, type Situation } from "./record-redaction.ts";
import { openStored } from "../reading/stored.ts";
import { openTape } from "../tape/tape.ts";
import { tapeDigests } from "../tape/digest.ts";

/** Describes a journal that was made as a copy. */
export interface Copy {
  readonly id: string;
  /** The chain's digest at its last event, in hex. */
  readonly digest: string;
  readonly events: number;
  /** The length of its tape. */
  readonly bytes: number;
}

/**
 * Makes a journal at `file`, which must not exist, with the events up to `seq` of another and their bytes. Seqs, times,
 * runs and places on the tape are the same; id and chain are its own. Folded events stay folded. Redacted bytes stay
 * redacted, also those that were redacted after `seq`: then the copy has one run more, which says so. The copy is on
 * disk when this returns. Throws JournalError.
 */
export function copyJournal(journal: Journal, seq: Seq, file: string): Copy {
  if ("commit" in journal && typeof journal.commit === "function") journal.commit();
  const from = databaseOf(journal);
  const base = journal.base();
  const born = base?.firstTime ?? journal.event(1 as Seq)?.time ?? 0n;
  const to = translating("write", file, () => connectWriter(file, born));
  try {
    return translating("copy", journal.file, () => {
      to.pragma("synchronous = FULL");
      const tape = journal.tapeLength(seq);
      const copy = to.transaction(() => {
        copyEvents(from, to, seq);
        copyTape(from, to, tape, base?.tape ?? 0);
        if (base !== undefined) copyBase(from, to);
        const late = copyRedactions(from, to, seq, tape);
        const events =
          late === 0
            ? seq
            : seq +
              recordRedaction(
                to,
                situationBefore(to, seq, tape),
                "what was redacted before the fork",
              ).length;
        const digest = chain(to, events, tape);
        rewriteParts(to);
        return { id: journalId(to), digest: digest.toString("hex"), events, bytes: tape };
      })();
      leaveWal(to);
      return copy;
    });
  } finally {
    to.close();
  }
}

type Value = number | bigint | string | Buffer | null;

/** Copies the rows that a query selects into the same table; `columns` names all its columns, in order. */
function copyRows(
  from: Database.Database,
  to: Database.Database,
  table: string,
  where = "",
  parameters: readonly number[] = [],
  columns = "*",
): void {
  const select = from
    .prepare<number[], Value[]>(`SELECT ${columns} FROM ${table} ${where}`)
    .raw()
    .safeIntegers();
  const places = select.columns().map(() => "?");
  const insert = to.prepare<Value[]>(`INSERT INTO ${table} VALUES (${places.join()})`);
  for (const row of select.iterate(...parameters)) insert.run(...row);
}

function copyEvents(from: Database.Database, to: Database.Database, seq: Seq): void {
  const columns = `seq, time + ${birthOf(from) - birthOf(to)}, run, kind, tape, place, parent, start, size, detail, process`;
  copyRows(from, to, "event", "WHERE seq <= ? ORDER BY seq", [seq], columns);
  copyRows(from, to, "moved", "WHERE seq <= ? ORDER BY seq", [seq]);
  const used = `WHERE id IN (SELECT place FROM event WHERE seq <= ? UNION SELECT to_place FROM moved WHERE seq <= ?)
    ORDER BY id`;
  copyRows(from, to, "place", used, [seq, seq]);
}

/** Copies whole segments as they are. The copy's last segment is open, and in two pieces if a base ends within it. */
function copyTape(
  from: Database.Database,
  to: Database.Database,
  end: number,
  baseSeq: number,
): void {
  const open = end - (end % segmentBytes);
  copyRows(from, to, "segment", "WHERE start < ? ORDER BY start", [open]);
  const tape = openTape(from, segmentBytes);
  const insert = to.prepare<[number, number, number, number, Buffer]>(
    "INSERT INTO segment VALUES (?, ?, ?, ?, ?)",
  );
  const put = (row: SegmentRow) =>
    void insert.run(row.start, row.length, row.coding, row.crc, row.bytes);
  const cut = baseSeq > open ? baseSeq : open;
  for (const [start, stop] of [
    [open, cut],
    [cut, end],
  ] as const) {
    if (start >= stop) continue;
    const bytes = Buffer.alloc(stop - start);
    tape.read(start, stop, bytes, 0);
    put(raw(start, bytes));
  }
}

function copyBase(from: Database.Database, to: Database.Database): void {
  copyRows(from, to, "kept");
  copyRows(from, to, "base_page");
  const row = from.prepare<[], BaseRow>("SELECT seq, facts, digest, bytes FROM base").get();
  const base = openBase(from)();
  const state = row === undefined ? undefined : unpack(row.bytes);
  if (row === undefined || base === undefined || state === undefined)
    throw new MalformedError("the state that it begins with is damaged");
  const last = to.prepare<[], number>("SELECT ifnull(max(id), 0) FROM place").pluck().get() ?? 0;
  const facts = factsOf({ ...base, places: Math.min(base.places, last) });
  const digest = baseDigest(to, journalId(to), { seq: base.seq, facts }, state);
  to.prepare<[number, string, Buffer, Buffer]>("INSERT INTO base VALUES (?, ?, ?, ?)").run(
    base.seq,
    facts,
    digest,
    row.bytes,
  );
  const first = digestAt(to, 0);
  to.prepare<[number, Buffer]>("INSERT INTO chain VALUES (?, ?)").run(
    base.seq,
    foundation(first, digest),
  );
}

/** Returns how many spans were redacted by runs that are not in the copy; they have run 0 there. */
function copyRedactions(
  from: Database.Database,
  to: Database.Database,
  seq: Seq,
  tape: number,
): number {
  copyRows(from, to, "redacted", "WHERE start < ? ORDER BY start", [tape]);
  const runs = `(SELECT run FROM event e WHERE ${isControlIn("e")} AND seq <= ${Number(seq)})`;
  return to.prepare(`UPDATE redacted SET run = 0 WHERE run NOT IN ${runs}`).run().changes;
}

function situationBefore(to: Database.Database, seq: Seq, tape: number): Situation {
  const stored = openStored(to);
  const starts = stored.controls().filter(({ kind }) => kind === "run-start");
  return { seq, tape, lastRun: starts.at(-1)?.run ?? 0, time: seq === 0 ? 0n : stored.time(seq) };
}

/**
 * Chains the events behind the base; returns the last digest. Within the open segment a commit may end only at its end.
 */
function chain(to: Database.Database, last: number, tapeLength: number): Buffer {
  const stored = openStored(to);
  const base = openBase(to)();
  const open = tapeLength - (tapeLength % segmentBytes);
  const tape = openTape(to, 16 * segmentBytes);
  const payload = tapeDigests(tape);
  const redacted = openRedactedSpans(to);
  const insert = to.prepare<[number, Buffer]>("INSERT INTO chain VALUES (?, ?)");
  const canonical = new ByteWriter();
  let seq: number = base?.seq ?? 0;
  let reached = base?.tape ?? 0;
  let digest = digestAt(to, seq);
  let hash = commitHash(digest);
  let inCommit = 0;
  const commit = () => {
    digest = hash.digest();
    insert.run(seq, digest);
    hash = commitHash(digest);
    inCommit = 0;
  };
  while (seq < last) {
    const page = stored.events((seq + 1) as Seq, Math.min(last, seq + commitEvents) as Seq);
    for (const event of page) {
      const stop = reached + bytesAdded(event);
      if (event.seq !== seq + 1 || (hasBytes(event) && event.tape !== reached))
        throw new MalformedError(`event ${event.seq} does not follow the one before`);
      canonical.at = 0;
      encodeEvent(canonical, event, stop);
      if (hasBytes(event)) {
        const removed = event.length > 0 ? redacted.at(reached) : undefined;
        canonical.bytes(removed?.digest ?? payload(reached, stop));
      }
      hash.update(canonical.buffer.subarray(0, canonical.at));
      seq = event.seq;
      reached = stop;
      inCommit += 1;
      if (inCommit >= commitEvents && (reached <= open || open === tapeLength)) commit();
    }
    if (page.length === 0) throw new MalformedError(`event ${seq + 1} is missing`);
  }
  if (inCommit > 0) commit();
  if (reached !== tapeLength) throw new MalformedError("it lacks some of its events");
  return digest;
}

function digestAt(db: Database.Database, seq: number): Buffer {
  const digest = db
    .prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?")
    .pluck()
    .get(seq);
  if (digest === undefined) throw new MalformedError("it has no digest chain");
  return digest;
}

const commitEvents = 1_000;
