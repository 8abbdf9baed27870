import { closeSync, constants, fdatasyncSync, openSync } from "node:fs";
import type Database from "better-sqlite3";
import { journalId } from "../file/connection.ts";
import { ByteWriter, MalformedError } from "../format/bytes.ts";
import { commitHash } from "../format/chain.ts";
import { encodeEvent } from "../format/codec.ts";
import type { Seq } from "../format/event.ts";
import { databaseOf } from "../interface/handle.ts";
import type { Journal } from "../interface/journal.ts";
import { bytesAdded, hasBytes } from "../format/kinds.ts";
import { openRedactedSpans, type RedactedRow } from "../format/redaction.ts";
import { birthOf } from "../format/schema.ts";
import { translating } from "../interface/storage-error.ts";
import { openStored, type Stored } from "../reading/stored.ts";
import { tapeDigests } from "../tape/digest.ts";
import { type SegmentRow, segmentBytes } from "../tape/segment.ts";
import { openTape, type Tape } from "../tape/tape.ts";
import { pieceOf } from "./change-pack.ts";
import { addEvent, type Pack, type PackedCommit } from "./pack.ts";

/** Bounds of a pack: it ends with the commit that reaches one of them. */
export interface PackBounds {
  /** Events, and bytes of the tape. */
  readonly events: number;
  readonly bytes: number;
}

export const defaultPackBounds: PackBounds = { events: 16_384, bytes: 4 * 1024 * 1024 };

/** Cuts a journal into packs. */
export interface Packing {
  readonly id: string;
  readonly created: string;
  /** The last folded event, or 0: those up to it cannot be packed any more. */
  readonly folded: number;
  /** The length of the tape there: of what stands before it the journal may have parts of writes alone. */
  readonly foldedTape: number;
  /** Returns the digest of the commit that ends with this event, in hex; undefined if none does. */
  digestAt(seq: number): string | undefined;
  /** Returns the pack of the commits after `seq`, which ends one; undefined if there are none. Throws JournalError. */
  after(seq: number): Pack | undefined;
  /** Tells whether a pack reached its bounds: one that did not has all that was committed when it was made. */
  isFull(pack: Pack): boolean;
}

/**
 * Opens what is committed of a journal as packs. A pack has only what survives a loss of power here, so that a depot
 * is never ahead of this machine.
 */
export function openPacking(journal: Journal, bounds: PackBounds = defaultPackBounds): Packing {
  const db = databaseOf(journal);
  const source = openSource(db);
  const packing = <T>(act: () => T): T => translating("pack", journal.file, act);
  const folded = packing(() => source.stored.base()?.seq ?? (0 as Seq));
  return packing(() => ({
    id: journalId(db),
    created: birthOf(db).toString(),
    folded,
    foldedTape: folded === 0 ? 0 : source.stored.tapeLength(folded),
    digestAt: (seq) => packing(() => source.digestAt.get(seq)?.toString("hex")),
    after: (seq) => packing(() => db.transaction(() => packAfter(db, source, bounds, seq))()),
    isFull: ({ first, last, tape, tapeEnd }) => isFull(last + 1 - first, tapeEnd - tape, bounds),
  }));
}

interface Source {
  readonly stored: Stored;
  readonly tape: Tape;
  readonly digestAt: Database.Statement<[number], Buffer>;
  readonly commits: Database.Statement<[number], { seq: Seq; digest: Buffer }>;
  readonly redactedBy: Database.Statement<[number, number], RedactedRow>;
  readonly redactedIn: Database.Statement<[number, number], RedactedRow>;
}

function openSource(db: Database.Database): Source {
  const redacted = "SELECT start, length, run, digest FROM redacted WHERE";
  return {
    stored: openStored(db),
    tape: openTape(db, 16 * segmentBytes),
    digestAt: db.prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?").pluck(),
    commits: db.prepare("SELECT seq, digest FROM chain WHERE seq > ? ORDER BY seq LIMIT 1"),
    redactedBy: db.prepare(`${redacted} run BETWEEN ? AND ? ORDER BY start`),
    redactedIn: db.prepare(`${redacted} start >= ? AND start < ? ORDER BY start`),
  };
}

function packAfter(
  db: Database.Database,
  { stored, tape, digestAt, commits, redactedBy, redactedIn }: Source,
  bounds: PackBounds,
  seq: number,
): Pack | undefined {
  const before = digestAt.get(seq);
  if (before === undefined) throw new MalformedError(`no commit ends with event ${seq}`);
  const base = stored.base();
  if (base !== undefined && seq < base.seq)
    throw new MalformedError(`its events up to ${base.seq} are folded`);
  const start = stored.tapeLength(seq as Seq);
  const events = new ByteWriter();
  const canonical = new ByteWriter();
  const inTurn = readInTurn(tape, stored.tapeLength(stored.head()));
  const payloadDigest = tapeDigests(inTurn);
  const spans = openRedactedSpans(db);
  const isRedacted = redactedIn.get(start, Number.MAX_SAFE_INTEGER) !== undefined;
  const taken: PackedCommit[] = [];
  const runs: number[] = [];
  let [last, end] = [seq, start];
  let digest = before;
  while (!isFull(last - seq, end - start, bounds)) {
    const commit = commits.get(last);
    if (commit === undefined) break;
    const hash = commitHash(digest);
    while (last < commit.seq) {
      const stop = Math.min(commit.seq, last + pageEvents) as Seq;
      for (const event of stored.events((last + 1) as Seq, stop)) {
        const after = end + bytesAdded(event);
        canonical.at = 0;
        encodeEvent(canonical, event, after);
        if (hasBytes(event)) {
          const span = isRedacted && event.length > 0 ? spans.at(end) : undefined;
          canonical.bytes(span?.digest ?? payloadDigest(end, after));
        }
        const bytes = canonical.buffer.subarray(0, canonical.at);
        hash.update(bytes);
        addEvent(events, bytes);
        if (event.kind === "run-start") runs.push(event.run);
        end = after;
      }
      last = stop;
    }
    digest = hash.digest();
    if (!digest.equals(commit.digest))
      throw new MalformedError(
        `the commit that ends with event ${last} is not what the chain says`,
      );
    taken.push(commit);
  }
  if (taken.length === 0) return undefined;
  syncLog(db);
  return {
    id: journalId(db),
    created: birthOf(db).toString(),
    first: (seq + 1) as Seq,
    last: last as Seq,
    tape: start,
    tapeEnd: end,
    before,
    commits: taken,
    events: Buffer.from(events.buffer.subarray(0, events.at)),
    pieces: piecesOf(tape, start, end),
    redacted: redactedFor(redactedIn.all(start, end), redactedBy, runs),
  };
}

function isFull(events: number, bytes: number, bounds: PackBounds): boolean {
  return events >= bounds.events || bytes >= bounds.bytes;
}

const pageEvents = 1_000;

/** The redacted spans of a part of the tape, and those that its runs redacted elsewhere. */
function redactedFor(
  here: readonly RedactedRow[],
  by: Source["redactedBy"],
  runs: readonly number[],
): RedactedRow[] {
  const [first, last] = [runs[0], runs.at(-1)];
  const byRuns = first === undefined || last === undefined ? [] : by.all(first, last);
  const all = new Map([...here, ...byRuns].map((span) => [span.start, span]));
  return [...all.values()].toSorted((a, b) => a.start - b.start);
}

/**
 * Reads a tape of this length from one place on, a segment at a time: at its end a segment has a piece for each commit,
 * and to find the one for a few bytes costs far more than they do.
 */
function readInTurn(tape: Pick<Tape, "read">, length: number): Pick<Tape, "read"> {
  const held = Buffer.alloc(segmentBytes);
  let [heldStart, heldEnd] = [0, 0];
  return {
    read(start, end, target, at) {
      for (let from = start; from < end;) {
        const stop = Math.min(end, from - (from % segmentBytes) + segmentBytes);
        if (from < heldStart || stop > heldEnd) {
          // Compaction may have removed what stands before.
          const next = Math.min(length, from - (from % segmentBytes) + segmentBytes);
          tape.read(from, next, held, 0);
          [heldStart, heldEnd] = [from, next];
        }
        held.copy(target, at + from - start, from - heldStart, stop - heldStart);
        from = stop;
      }
    },
  };
}

function piecesOf(tape: Pick<Tape, "read">, start: number, end: number): SegmentRow[] {
  const pieces: SegmentRow[] = [];
  for (let from = start; from < end;) {
    const stop = Math.min(end, from - (from % segmentBytes) + segmentBytes);
    const bytes = Buffer.alloc(stop - from);
    tape.read(from, stop, bytes, 0);
    pieces.push(pieceOf(from, bytes));
    from = stop;
  }
  return pieces;
}

/**
 * Waits until SQLite's log is on disk: except with the durability "power", a commit is only handed to the operating
 * system. The main file needs no wait: SQLite syncs it. No lock is lost, as SQLite takes none on its log.
 */
function syncLog(db: Database.Database): void {
  let log: number;
  try {
    log = openSync(`${db.name}-wal`, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    fdatasyncSync(log);
  } finally {
    closeSync(log);
  }
}
