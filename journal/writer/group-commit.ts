import type Database from "better-sqlite3";
import { ByteWriter } from "../format/bytes.ts";
import { commitDigest, payloadDigest } from "../format/chain.ts";
import { decodeEvent, encodeEvent } from "../format/codec.ts";
import type { Draft, Event, Seq } from "../format/event.ts";
import { bytesAdded, hasBytes } from "../format/kinds.ts";
import { openEventRows } from "../file/event-rows.ts";
import type { Durability } from "../interface/journal.ts";
import type { Buffering } from "../file/buffering.ts";
import type { Pending } from "../reading/sequence.ts";
import { openStamps, type Situation, situationOf, type Stamps } from "./stamp.ts";
import { openStored } from "../reading/stored.ts";
import { type Commit, recordHeaderBytes, type RedoLog } from "./redo-log.ts";
import type { SpoolFile } from "../tape/spool-file.ts";
import { openTape } from "../tape/tape.ts";
import { openTapeEnd } from "../tape/end.ts";
import { openTapeRows } from "../tape/rows.ts";

/** Takes events one by one and commits them in groups. An event that cannot be taken changes nothing. */
export interface GroupCommit {
  /** Returns the last commit. */
  lastCommit(): Commit & { readonly seq: Seq };
  /** The events that were taken since the last commit. */
  readonly pending: Pending;
  tapeLength(): number;
  /** Tells whether enough is pending for a commit. */
  isFull(): boolean;
  append(draft: Draft, payload: Uint8Array | undefined): Event;
  /**
   * Takes an event that was stamped elsewhere. Returns "taken" if it is the next one, "known" if it is here already,
   * "stray" if it does not follow. Its bytes, without the payload's digest, are those from `start` to `stop`. Calls
   * `admit`, which may throw, before it takes the event.
   */
  takeOver(
    buffer: Buffer,
    start: number,
    stop: number,
    payload: Buffer,
    admit?: (event: Event, payload: Buffer) => void,
  ): "taken" | "known" | "stray";
  commit(): void;
  sync(): void;
  /** Returns the state of the journal when nothing is pending. */
  situation(): Situation;
  /** Allows appending from now on; each event goes to this redo log first. A run that is open stays open. */
  begin(redoLog: RedoLog | undefined): void;
  readTape(start: number, end: number, target: Uint8Array, at: number): void;
}

export interface GroupCommitOptions {
  readonly durability: Durability;
  readonly now: () => bigint;
  readonly buffering: Buffering;
  /** Takes segments of the tape that are read again; the caller closes it. */
  readonly spool?: SpoolFile;
  /** Called after each commit. */
  readonly onCommit?: (() => void) | undefined;
}

export function openGroupCommit(
  db: Database.Database,
  { durability, now, buffering, spool, onCommit }: GroupCommitOptions,
): GroupCommit {
  const stored = openStored(db);
  const rows = openEventRows(db);
  const writeTape = openTapeRows(db);
  const insertChain = db.prepare<[number, Buffer]>("INSERT INTO chain VALUES (?, ?)");
  // A real write: an update that changes nothing is not written, and so not synced either.
  const touch = db.transaction(() =>
    db.exec("INSERT INTO meta VALUES ('sync', ''); DELETE FROM meta WHERE key = 'sync'"),
  );
  const pageBytes = db.pragma("page_size", { simple: true }) as number;
  db.pragma(`wal_autocheckpoint = ${Math.max(1, Math.floor(buffering.logBytes / pageBytes))}`);
  const syncCommits = (level: "FULL" | "NORMAL") => db.pragma(`synchronous = ${level}`);

  let committed = stored.digest();
  const end = openTapeEnd(
    openTape(db, buffering.cacheBytes, { spool }),
    stored.tapeLength(committed.seq),
  );
  const events: Event[] = [];
  const tapeLengths: number[] = [];
  /** The canonical bytes of the pending events. */
  let canonical = new ByteWriter();
  let payloadBytes = 0;
  let record = new ByteWriter();
  let stamps: Stamps | undefined;
  let redoLog: RedoLog | undefined;
  let isSynced = false;
  if (durability === "power") syncCommits("FULL");

  const insertPending = db.transaction((digest: Buffer) => {
    rows.insertAll(events, tapeLengths);
    writeTape(end);
    insertChain.run(head(), digest);
  });

  function head(): Seq {
    return (committed.seq + events.length) as Seq;
  }

  function append(draft: Draft, payload: Uint8Array | undefined): Event {
    if (stamps === undefined) throw new TypeError("appending has not begun");
    const event = stamps.stamp(draft, payload, end.length());
    // Commits before the event is taken: if the commit fails, only this event is refused.
    if (isDue(event.time)) commit();
    const tapeAfter = end.length() + (payload?.length ?? 0);
    if (record.buffer.length > roomyBytes) record = new ByteWriter();
    record.at = recordHeaderBytes;
    encodeEvent(record, event, tapeAfter);
    const payloadAt = record.at;
    if (redoLog !== undefined) handTo(redoLog, event.seq, payload);
    keep(event, tapeAfter, record.buffer, recordHeaderBytes, payloadAt, payload);
    stamps.keep(event);
    return event;
  }

  function handTo(to: RedoLog, seq: Seq, payload: Uint8Array | undefined): void {
    const payloadAt = record.at;
    if (!to.hasRoom(payloadAt + (payload?.length ?? 0))) commit();
    const isCopied = payload !== undefined && payload.length <= copiedBytes;
    if (isCopied) record.bytes(payload);
    const rest = isCopied ? undefined : payload;
    to.append({ seq, buffer: record.buffer, start: 0, payloadAt, end: record.at, rest });
  }

  /** Tells whether an event that was stamped elsewhere is the next one, and continues the tape. */
  function isNext(event: Event, tapeAfter: number, payloadLength: number): boolean {
    const length = bytesAdded(event);
    const isInPlace = !hasBytes(event) || event.tape === end.length();
    return (
      event.seq === head() + 1 &&
      isInPlace &&
      payloadLength === length &&
      tapeAfter === end.length() + length
    );
  }

  function isDue(time: bigint): boolean {
    const oldest = events[0];
    return isFull() || (oldest !== undefined && time - oldest.time >= buffering.batchNanoseconds);
  }

  function isFull(): boolean {
    return events.length >= buffering.batchEvents || payloadBytes >= buffering.batchBytes;
  }

  // Must not fail: the operating system has the event already.
  function keep(
    event: Event,
    tapeAfter: number,
    buffer: Buffer,
    start: number,
    stop: number,
    payload: Uint8Array | undefined,
  ): void {
    canonical.range(buffer, start, stop);
    if (payload !== undefined) {
      canonical.latin1(payloadDigest(payload));
      end.append(payload);
      payloadBytes += payload.length;
    }
    events.push(event);
    tapeLengths.push(tapeAfter);
  }

  function commit(): void {
    if (events.length === 0) return;
    const digest = commitDigest(committed.digest, canonical.buffer.subarray(0, canonical.at));
    try {
      insertPending.immediate(digest);
    } catch (error) {
      rows.forget();
      throw error;
    }
    committed = { seq: head(), digest };
    end.settle(end.length());
    events.length = 0;
    tapeLengths.length = 0;
    payloadBytes = 0;
    if (canonical.buffer.length > roomyBytes) canonical = new ByteWriter();
    canonical.at = 0;
    isSynced = durability === "power";
    onCommit?.();
  }

  function sync(): void {
    // With "power" each append was on disk before it returned.
    if (durability === "power" && redoLog !== undefined) return;
    if (events.length === 0 && isSynced) return;
    syncCommits("FULL");
    try {
      // A synced commit syncs all commits before it; with nothing to commit, any write does so.
      if (events.length > 0) commit();
      else touch.immediate();
      isSynced = true;
    } finally {
      if (durability !== "power") syncCommits("NORMAL");
    }
  }

  return {
    lastCommit: () => committed,
    pending: { events, tapeLengths },
    tapeLength: () => end.length(),
    isFull,
    append,
    takeOver(buffer, start, stop, payload, admit) {
      const { event, tapeAfter } = decodeEvent(buffer, start, stop);
      if (event.seq <= head()) return "known";
      if (!isNext(event, tapeAfter, payload.length)) return "stray";
      if (isDue(event.time)) commit();
      admit?.(event, payload);
      keep(event, tapeAfter, buffer, start, stop, hasBytes(event) ? payload : undefined);
      stamps?.keep(event);
      return "taken";
    },
    commit,
    sync,
    situation: () => situationOf(stored),
    begin(first) {
      redoLog = first;
      stamps = openStamps(situationOf(stored), now);
    },
    readTape: (start, stop, target, at) => end.read(start, stop, target, at),
  };
}

/** A buffer that grew beyond this is released after use. */
const roomyBytes = 1024 * 1024;
/** A payload up to this length is copied behind its record, so that one write takes both. */
const copiedBytes = 16 * 1024;
