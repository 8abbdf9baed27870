import { ByteWriter, MalformedError } from "../format/bytes.ts";
import { encodeEvent } from "../format/codec.ts";
import type { Draft, Event, RunNumber } from "../format/event.ts";
import { LogWriter } from "./guest-log.ts";
import type { Durability, Recorder } from "../format/journal.ts";
import { segmentBytes } from "../tape/segment.ts";
import { openStamps, type Situation } from "../writer/stamp.ts";
import { translating } from "../format/storage-error.ts";
import { recordHeaderBytes, logHeaderBytes } from "../writer/redo-log.ts";
import { SegmentCache } from "../tape/tape.ts";
import { openTapeEnd } from "../tape/end.ts";

/** What a guest's process asks the keeper of the journal. Each throws JournalError where the answer is no. */
export interface KeeperLine {
  /** Tells that the log has grown, and waits for nothing. */
  ring(): void;
  /** Waits until all that was appended is committed. Gives the length of the committed tape. */
  commit(): number;
  /** Waits until all that was appended is on disk. Gives the length of the committed tape. */
  sync(): number;
  /** Has the log begun again when all that it holds is committed. */
  renew(): { readonly tag: Uint8Array; readonly tapeLength: number };
  /**
   * Bytes start..end of the committed tape, in memory that the caller keeps: `room` where that is as long. What this
   * guest may not see reads as zeros.
   */
  readTape(start: number, end: number, room?: Buffer): Buffer;
}

/** How the journal stands when the guest's run has begun, as the keeper tells it. */
export interface GuestSituation {
  readonly situation: Situation;
  readonly run: RunNumber;
  readonly tapeLength: number;
  /** Of the log's records. */
  readonly tag: Uint8Array;
}

export interface GuestRecorderOptions extends GuestSituation {
  /** The journal's name, for messages. */
  readonly file: string;
  readonly durability: Durability;
  /** Of the log, which it can append to and nothing else. */
  readonly log: number;
  readonly now: () => bigint;
  /** Of tape that is kept in memory for reading. */
  readonly cacheBytes: number;
}

/**
 * Records the events of a guest from the guest's own process, which holds no journal: an event is stamped, appended to
 * the log, and with that in the hands of the operating system; the keeper takes it from there.
 */
export function openGuestRecorder(line: KeeperLine, options: GuestRecorderOptions): Recorder {
  const { file, now } = options;
  const stamps = openStamps(options.situation, now, options.run);
  const everyRecord = options.durability === "power" ? "on disk" : "written";
  const log = new LogWriter(options.log, file, options.tag, { everyRecord });
  const cache = new SegmentCache(options.cacheBytes);
  /**
   * Length of the committed tape. The end of the tape reads its last segment as soon as it is opened, and needs this.
   */
  let committed = options.tapeLength;
  const tape = openTapeEnd(
    { read: readCommitted, remember: (at, whole) => cache.put(at, whole) },
    options.tapeLength,
  );
  /** The memory of a segment that was forgotten for another. */
  let spare: Buffer | undefined;
  const record = new ByteWriter();
  let head = options.situation.seq;
  /** Bytes appended since the keeper was last told, and when that was. */
  let unrung = 0;
  let rungAt = 0;
  let isBroken = false;

  function readCommitted(start: number, end: number, target: Uint8Array, at: number): void {
    for (let from = start; from < end;) {
      const first = from - (from % segmentBytes);
      const stop = Math.min(end, first + segmentBytes);
      const known = cache.get(first);
      if (known !== undefined)
        target.set(known.subarray(from - first, stop - first), at + from - start);
      else fetch(first, from, stop, target, at + from - start);
      from = stop;
    }
  }

  /** A whole segment where there is one: what lies near is often read next. */
  function fetch(first: number, start: number, end: number, target: Uint8Array, at: number): void {
    if (first + segmentBytes > committed) {
      target.set(line.readTape(start, end), at);
      return;
    }
    // Memory that the process has not had before costs more than the bytes.
    const whole = line.readTape(first, first + segmentBytes, spare);
    spare = cache.put(first, whole);
    target.set(whole.subarray(start - first, end - first), at);
  }

  function append(draft: Draft, payload: Uint8Array | undefined): Event {
    if (isBroken || log.bytes > mostLogBytes) renew();
    const event = stamps.stamp(draft, payload, tape.length());
    const tapeAfter = tape.length() + (payload?.length ?? 0);
    record.at = recordHeaderBytes;
    encodeEvent(record, event, tapeAfter);
    const payloadAt = record.at;
    const isCopied = payload !== undefined && payload.length <= copiedBytes;
    if (isCopied) record.bytes(payload);
    const rest = isCopied ? undefined : payload;
    const { buffer, at: end } = record;
    try {
      log.append({ seq: event.seq, buffer, start: 0, payloadAt, end, rest });
    } catch (error) {
      // What it left behind is cut off before the next record: where that cannot be done, nothing more is taken.
      isBroken = true;
      throw error;
    }
    stamps.keep(event);
    head = event.seq;
    if (payload !== undefined) tape.append(payload);
    ringWhenDue(end + (rest?.length ?? 0));
    return event;
  }

  function ringWhenDue(length: number): void {
    unrung += length;
    const time = performance.now();
    if (unrung < manyBytes && time - rungAt < quietMilliseconds) return;
    unrung = 0;
    rungAt = time;
    line.ring();
  }

  function renew(): void {
    const { tag, tapeLength } = line.renew();
    isBroken = false;
    log.renew(tag);
    settle(tapeLength);
    unrung = 0;
  }

  function settle(reached: number): void {
    committed = reached;
    tape.settle(reached);
  }

  return {
    head: () => head,
    append: (draft: Draft, payload?: Uint8Array) =>
      translating("write", file, () => append(draft, payload)),
    commit: () => translating("write", file, () => settle(line.commit())),
    sync: () => translating("sync", file, () => settle(line.sync())),
    readTape: (position, length, target, at = 0) =>
      translating("read", file, () => {
        if (position + length > tape.length())
          throw new MalformedError(`the tape ends before byte ${position + length}`);
        tape.read(position, position + length, target, at);
      }),
  };
}

/** How long the log of an honest guest gets, whose records are no longer than that. */
export function longestLog(mostRecordBytes: number): number {
  return logHeaderBytes + mostLogBytes + mostRecordBytes;
}

/** What the log holds before it is begun again: so much may be under way between the guest and the journal. */
const mostLogBytes = 8 * 1024 * 1024;
/** Telling the keeper costs as much as some events: it is told when so much has come, or some time has passed… */
const manyBytes = 256 * 1024;
/** …which is half of what it waits before it looks by itself. */
const quietMilliseconds = 10;
/** Up to this length a payload is copied behind its record before both are written. */
const copiedBytes = 64 * 1024;
