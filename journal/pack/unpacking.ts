import type Database from "better-sqlite3";
import { Damage } from "../file/damage.ts";
import { connectWriter, journalId, leaveWal } from "../file/connection.ts";
import { openEventRows } from "../file/event-rows.ts";
import { ByteWriter, MalformedError } from "../format/bytes.ts";
import { commitHash } from "../format/chain.ts";
import { encodeEvent } from "../format/codec.ts";
import type { Event } from "../format/event.ts";
import { fillRedacted } from "../format/redaction.ts";
import { birthOf } from "../format/schema.ts";
import { firstFrom } from "../interface/search.ts";
import { translating } from "../interface/storage-error.ts";
import { openTapeEnd } from "../tape/end.ts";
import { openTapeRows } from "../tape/rows.ts";
import { segmentBytes } from "../tape/segment.ts";
import { openTape } from "../tape/tape.ts";
import { checkRedactions } from "../verify/redaction.ts";
import { recordRedaction } from "../rewrite/record-redaction.ts";
import { redactedByStore } from "./change-pack.ts";
import { checkPack, emptyState, type PackState } from "./check-pack.ts";
import { eventsOf, openPackTape, type Pack } from "./pack.ts";

/** Bytes of the tape. */
interface Span {
  readonly start: number;
  readonly length: number;
}

/** A journal that is being made of packs. */
export interface Unpacking {
  /** Adds the next pack, once it is checked. Throws MalformedError, and JournalError of the file. */
  add(pack: Pack): void;
  /** Returns the chain's digest so far, in hex. */
  digest(): string;
  /**
   * Makes the journal one file, on disk. No pack can be added any more. Where the store redacted by itself the journal
   * has one run more, which says so. Throws MalformedError if what is redacted is not what runs of its packs redacted,
   * and JournalError of the file.
   */
  close(): void;
  /** Closes the file as it is. */
  abandon(): void;
}

/**
 * Makes the journal `file`, which must not exist, with the id of another, to be filled from its packs: the same events
 * and commits under the same digests. Spans that a later pack redacts are given now, so that their bytes need not be
 * written. Throws JournalError.
 */
export function openUnpacking(
  file: string,
  identity: Pick<Pack, "id" | "created">,
  redacted: readonly Span[] = [],
): Unpacking {
  const hidden = inOrder(redacted);
  const db = translating("write", file, () =>
    connectWriter(file, BigInt(identity.created), identity.id),
  );
  const unpacking = <T>(act: () => T): T => translating("write", file, act);
  const prepared = unpacking(() => {
    if (journalId(db) !== identity.id || birthOf(db).toString() !== identity.created)
      throw new MalformedError("it is another journal");
    db.pragma("synchronous = OFF");
    return {
      rows: openEventRows(db),
      end: openTapeEnd(openTape(db, segmentBytes), 0),
      writeTape: openTapeRows(db),
      chain: db.prepare<[number, Buffer]>("INSERT INTO chain VALUES (?, ?)"),
      redact: db.prepare<[number, number, number, Buffer]>(
        // A span stands in the pack of its bytes and in that of the run that redacted it.
        "INSERT OR IGNORE INTO redacted VALUES (?, ?, ?, ?)",
      ),
      isRedacted: db
        .prepare<[number, number], 1>("SELECT 1 FROM redacted WHERE start = ? AND length = ?")
        .pluck(),
    };
  });
  const { rows, end, writeTape, chain, redact, isRedacted } = prepared;
  let state: PackState = emptyState(identity);
  const redactions = new Map<number, string>();

  const put = db.transaction((pack: Pack) => {
    const commits = pack.commits[Symbol.iterator]();
    let commit = commits.next().value;
    let events: Event[] = [];
    let lengths: number[] = [];
    const read = openPackTape(pack);
    for (const { event, tapeAfter } of eventsOf(pack)) {
      events.push(event);
      lengths.push(tapeAfter);
      if (event.seq !== commit?.seq) continue;
      for (let from = end.length(); from < tapeAfter; from = end.length()) {
        const bytes = Buffer.from(read(from, Math.min(tapeAfter, from + segmentBytes)));
        hide(hidden, from, bytes);
        end.append(bytes);
      }
      rows.insertAll(events, lengths);
      writeTape(end);
      end.settle(tapeAfter);
      chain.run(commit.seq, commit.digest);
      commit = commits.next().value;
      [events, lengths] = [[], []];
    }
    for (const { start, length, run, digest } of pack.redacted)
      redact.run(start, length, run, digest);
  });

  return {
    add(pack) {
      if (pack.id !== identity.id || pack.created !== identity.created)
        throw new MalformedError("it is of another journal");
      const next = checkPack(pack, state, (event) => {
        if (event.kind === "run-start" && event.cause === "redact")
          redactions.set(event.run, event.digest);
      });
      unpacking(() => put(pack));
      state = next;
    },
    digest: () => state.digest,
    abandon: () => void db.close(),
    close() {
      for (const { start, length } of hidden.spans)
        if (isRedacted.get(start, length) === undefined)
          throw new MalformedError(`nothing redacted the bytes at ${start} that were left out`);
      unpacking(() => db.transaction(() => recordOwn(db, state, redactions))());
      malformed(() => checkRedactions(db, { redactions }));
      unpacking(() => {
        db.pragma("synchronous = FULL");
        leaveWal(db);
      });
      db.close();
    },
  };
}

/**
 * Adds a run that tells of what no run of the packs redacted, if there is any: the store did it, or whoever sent them
 * told of a run that never came.
 */
function recordOwn(db: Database.Database, state: PackState, redactions: Map<number, string>): void {
  const runs = db.prepare<[], number>("SELECT DISTINCT run FROM redacted").pluck().all();
  const own = runs.filter((run) => !redactions.has(run));
  if (own.length === 0) return;
  const give = db.prepare<[number, number]>("UPDATE redacted SET run = ? WHERE run = ?");
  for (const run of own) give.run(redactedByStore, run);
  const situation = { ...state, time: BigInt(state.time) };
  const events = recordRedaction(db, situation, "what was redacted where it was stored");
  const hash = commitHash(Buffer.from(state.digest, "hex"));
  const canonical = new ByteWriter();
  for (const event of events) {
    canonical.at = 0;
    encodeEvent(canonical, event, state.tape);
    hash.update(canonical.buffer.subarray(0, canonical.at));
    if (event.kind === "run-start") redactions.set(event.run, event.digest);
  }
  db.prepare<[number, Buffer]>("INSERT INTO chain VALUES (?, ?)").run(
    state.seq + events.length,
    hash.digest(),
  );
}

function malformed(act: () => void): void {
  try {
    act();
  } catch (error) {
    throw error instanceof Damage ? new MalformedError(error.message, { cause: error }) : error;
  }
}

/** Spans by their starts, of which none reaches into the next. */
interface Hidden {
  readonly spans: readonly Span[];
  readonly ends: readonly number[];
}

function inOrder(given: readonly Span[]): Hidden {
  const spans = given.toSorted((a, b) => a.start - b.start);
  const ends = spans.map(({ start, length }) => start + length);
  for (const [index, { start, length }] of spans.entries())
    if (length < 1 || start < (ends[index - 1] ?? 0))
      throw new MalformedError(`the redacted span at ${start} makes no sense`);
  return { spans, ends };
}

/** Overwrites what is redacted of bytes that stand on the tape from `start` on. */
function hide({ spans, ends }: Hidden, start: number, bytes: Buffer): void {
  const stop = start + bytes.length;
  for (let index = firstFrom(ends, start + 1); index < spans.length; index += 1) {
    const span = spans[index];
    if (span === undefined || span.start >= stop) return;
    const from = Math.max(span.start, start);
    const to = Math.min(span.start + span.length, stop);
    fillRedacted(bytes.subarray(from - start, to - start), from - span.start);
  }
}
