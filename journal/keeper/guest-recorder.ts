import { ByteWriter, MalformedError } from "../format/bytes.ts";
import { encodeEvent } from "../format/codec.ts";
import {
  type Draft,
  type Event,
  promisedFrom,
  type RunNumber,
  type TapePosition,
} from "../format/event.ts";
import type { Fetched } from "../format/promise.ts";
import { LoggedTape } from "./logged-tape.ts";
import { HeldRecords } from "./held-records.ts";
import { Pieces } from "./pieces.ts";
import { type SpoolAnswer, SpooledTape } from "./spooled-tape.ts";
import { type LogBounds, LogWriter } from "./guest-log.ts";
import type { Durability, Recorder } from "../interface/journal.ts";
import { segmentBytes } from "../tape/segment.ts";
import { openStamps, type Situation } from "../writer/stamp.ts";
import { translating } from "../interface/storage-error.ts";
import { recordHeaderBytes } from "../writer/redo-log.ts";
import { SegmentCache } from "../tape/tape.ts";
import { openTapeEnd } from "../tape/end.ts";
import type { Copies } from "./synced-end.ts";

/** Asks the journal's keeper from the guest's process. Each call throws JournalError if the keeper refuses. */
export interface KeeperLine {
  /** Tells the keeper that the log has grown; does not wait. */
  ring(): void;
  /** Waits until everything that was appended is committed. Returns the length of the committed tape. */
  commit(): number;
  /** Waits until everything that was appended is on disk. Returns the length of the committed tape. */
  sync(): number;
  /** Makes the keeper commit the whole log and begin it again. */
  renew(): { readonly tag: Uint8Array; readonly tapeLength: number };
  /**
   * Returns bytes start..end of the tape, of what was appended before, in memory that the caller owns: `room` if it has
   * that length. Bytes that this guest may not see are zeros.
   */
  readTape(start: number, end: number, room?: Buffer): Buffer;
  /** Makes the keeper put the segments that hold bytes start..end of the tape into the spool. */
  hold?(this: void, start: number, end: number): SpoolAnswer;
  /**
   * Returns the piece of a file that holds a promised byte: where it stands on the tape, or else its bytes, which the
   * caller must record before it asks for another one.
   */
  promised(position: number): PromisedPiece;
}

/** Promised bytes that are on the tape, or that came from the host just now. */
export type PromisedPiece =
  | Fetched
  | {
      readonly start: TapePosition;
      readonly length: number;
      readonly path: string;
      readonly bytes: Uint8Array;
    };

/** The journal after events that the keeper recorded in the guest's run. */
export interface Overtaken {
  /** The last of them; undefined if there are none. */
  readonly last: Event | undefined;
  readonly tag: Uint8Array;
  readonly tapeLength: number;
}

/** Records a guest's events in its own process. */
export interface GuestRecorder extends Recorder {
  /**
   * Goes on after events of the keeper's, which `ask` makes it record once it has taken everything that was appended.
   * Other bytes of the tape may be seen from then on.
   */
  overtake(ask: () => Overtaken): void;
  /** Brings to the log what is held. Throws JournalError. */
  flush(): void;
  /** Tries the same before the keeper is told of anything; what is wrong the next call tells. */
  flushIfPossible(this: void): void;
  /** Must come last where the process goes on. */
  close(): void;
}

/** The state of the journal when the guest's run begins. */
export interface GuestSituation {
  readonly situation: Situation;
  readonly run: RunNumber;
  readonly tapeLength: number;
  /** The tag of the log's records. */
  readonly tag: Uint8Array;
  /** Tells if any listing promised bytes. */
  readonly promises: boolean;
}

export interface GuestRecorderOptions extends GuestSituation {
  /** The journal's name, for messages. */
  readonly file: string;
  readonly durability: Durability;
  /** A descriptor of the log that can only append. */
  readonly log: number;
  /** A descriptor of the log that can only read; without it, what memory dropped is read as other bytes are. */
  readonly logReader?: number;
  /** A descriptor that writes the file for copies of the log's end, for syncs; without it, or `logReader`, there are none. */
  readonly logCopy?: number;
  /** A descriptor of the spool that can only read; without it, the keeper is asked for the bytes. */
  readonly spool?: number;
  readonly now: () => bigint;
  /** Bytes of tape to keep in memory for reading: those that it wrote last, and all others without a spool. */
  readonly cacheBytes: number;
  /**
   * Holds records for some milliseconds, after so many of them, so that one write takes several: for "batch". By default
   * each is in the log when `append` returns.
   */
  readonly holdsAfter?: number | undefined;
  /** @internal */
  readonly logBounds?: LogBounds | undefined;
}

/**
 * Records a guest's events in its own process, which has no journal open: stamps each event and appends it to the log.
 * From then on the operating system has it, and the keeper reads it from there.
 */
export function openGuestRecorder(line: KeeperLine, options: GuestRecorderOptions): GuestRecorder {
  const { file, now } = options;
  const stamps = openStamps(options.situation, now, options.run);
  const everyRecord = options.durability === "power" ? "on disk" : "written";
  const { holdsAfter } = options;
  const held =
    holdsAfter === undefined ? undefined : new HeldRecords(options.log, file, holdsAfter);
  const log = new LogWriter(options.log, file, options.tag, {
    held,
    everyRecord,
    most: options.logBounds,
    copies: copiesOf(options),
  });
  const cache = new SegmentCache(options.cacheBytes);
  const spool = spooledTape(line, options.spool);
  const logged = options.logReader === undefined ? undefined : new LoggedTape(options.logReader);
  /**
   * The length of the tape that the keeper can read, if only from the log; what lies beyond is in memory. The end of the
   * tape reads its last segment when it is opened, and needs this.
   */
  let readable = options.tapeLength;
  const openTape = (length: number) =>
    openTapeEnd({ read: readFromKeeper, remember: (at, whole) => cache.put(at, whole) }, length);
  let tape = openTape(options.tapeLength);
  /** Memory of a segment that the cache dropped, for reuse. */
  let spare: Buffer | undefined;
  const record = new ByteWriter();
  let head = options.situation.seq;
  /** Bytes that were appended since the keeper was last told, and the time of that. */
  let unrung = 0;
  let rungAt = 0;
  let isBroken = false;

  function readFromKeeper(start: number, end: number, target: Uint8Array, at: number): void {
    for (let from = start; from < end;) {
      const first = from - (from % segmentBytes);
      let stop = Math.min(end, first + segmentBytes);
      const known = cache.get(first);
      if (known !== undefined)
        target.set(known.subarray(from - first, stop - first), at + from - start);
      else if (!isLogged(from, stop, target, at + from - start)) {
        const spooled = Math.min(end, spooledEnd(first, end));
        if (spooled > from && spool?.read(from, spooled, target, at + from - start) === true)
          stop = spooled;
        else fetch(first, from, stop, target, at + from - start);
      }
      from = stop;
    }
  }

  /** Copies bytes that the log has; returns false if it does not have all of them. */
  function isLogged(start: number, end: number, target: Uint8Array, at: number): boolean {
    try {
      return logged?.read(start, end, target, at) === true;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      // The keeper emptied the log, and could not begin it again: it has committed all of it.
      logged?.clear();
      return false;
    }
  }

  /** Returns where the whole segments from `first` on end that neither memory has nor the log. */
  function spooledEnd(first: number, end: number): number {
    const most = Math.min(end, readable - segmentBytes + 1, logged?.start ?? end);
    let stop = first;
    while (stop < most && !cache.has(stop)) stop += segmentBytes;
    return stop;
  }

  /** Reads a whole segment if there is one, because bytes nearby are often read next. */
  function fetch(first: number, start: number, end: number, target: Uint8Array, at: number): void {
    if (first + segmentBytes > readable) {
      target.set(line.readTape(start, end), at);
      return;
    }
    // Memory that is new to the process costs more than reading the bytes.
    const whole = line.readTape(first, first + segmentBytes, spare);
    spare = cache.put(first, whole);
    target.set(whole.subarray(start - first, end - first), at);
  }

  function append(draft: Draft, payload: Uint8Array | undefined): Event {
    if (isBroken || log.isLong) renew();
    const event = stamps.stamp(draft, payload, tape.length());
    const tapeAfter = tape.length() + (payload?.length ?? 0);
    record.at = recordHeaderBytes;
    encodeEvent(record, event, tapeAfter);
    const payloadAt = record.at;
    const isCopied = payload !== undefined && payload.length <= copiedBytes;
    if (isCopied) record.bytes(payload);
    const rest = isCopied ? undefined : payload;
    const { buffer, at: end } = record;
    const recordAt = log.length;
    try {
      log.append({ seq: event.seq, buffer, start: 0, payloadAt, end, rest });
    } catch (error) {
      // The keeper cuts the broken record off before the next one; while it cannot, nothing more is appended.
      isBroken = true;
      throw error;
    }
    stamps.keep(event);
    head = event.seq;
    if (payload !== undefined) {
      logged?.note(tape.length(), recordAt + payloadAt, payload.length);
      tape.append(payload);
    }
    ringWhenDue(end + (rest?.length ?? 0));
    return event;
  }

  function ringWhenDue(length: number): void {
    unrung += length;
    const time = performance.now();
    if (unrung < manyBytes && time - rungAt < quietMilliseconds) return;
    // The event is taken: if this fails, the next one is refused.
    if (!flushIfPossible()) return;
    unrung = 0;
    rungAt = time;
    line.ring();
    // Whole segments move to the cache, which is bounded.
    settle(tape.length());
  }

  /** Brings to the log what is held; if that fails the log is begun again before anything else. */
  function flush(): void {
    if (!log.isHolding) return;
    if (isBroken) return renew();
    isBroken = true;
    log.flush();
    isBroken = false;
  }

  function flushIfPossible(): boolean {
    try {
      if (!isBroken) flush();
    } catch {
      return false;
    }
    return !log.isHolding;
  }

  function commit(): void {
    flush();
    // The keeper commits all that is in the log for either question.
    if (log.isWorn) renew();
    else settle(line.commit());
  }

  function sync(): void {
    flush();
    if (!isBroken && log.sync()) return;
    settle(line.sync());
    log.stand();
  }

  function renew(): void {
    if (!isBroken) flush();
    // The keeper does not wait for the disk before it empties the log.
    if (log.isReliedOn) line.sync();
    // A keeper that fails may have emptied the log: nothing is appended to one that has no beginning.
    isBroken = true;
    const { tag, tapeLength } = line.renew();
    logged?.clear();
    log.renew(tag);
    isBroken = false;
    settle(tapeLength);
    unrung = 0;
  }

  function overtake(ask: () => Overtaken): void {
    flush();
    if (log.isReliedOn) line.sync();
    isBroken = true;
    const { last, tag, tapeLength } = ask();
    isBroken = false;
    log.renew(tag);
    logged?.clear();
    unrung = 0;
    if (last !== undefined) {
      stamps.keep(last);
      head = last.seq;
    }
    // All that could not be seen was read as zeros.
    cache.clear();
    spool?.forget();
    readable = tapeLength;
    tape = openTape(tapeLength);
  }

  function settle(reached: number): void {
    readable = reached;
    tape.settle(reached);
  }

  const pieces = new Pieces();

  /** Returns where a promised byte stands on the tape; fetches and records it if it does not yet. */
  function pieceAt(position: number): Fetched {
    const known = pieces.at(position);
    if (known !== undefined) return known;
    const found = line.promised(position);
    if ("tape" in found) return pieces.add(found);
    const { path, start, length, bytes } = found;
    const event = append({ kind: "fetch", path, start, length }, bytes);
    const tape = event.kind === "fetch" ? event.tape : 0;
    return pieces.add({ start, length, tape });
  }

  function eachPiece(
    position: number,
    length: number,
    visit: (tape: number, length: number, done: number) => void,
  ): void {
    for (let done = 0; done < length;) {
      const piece = pieceAt(position + done);
      const within = position + done - piece.start;
      const count = Math.min(length - done, piece.length - within);
      visit(piece.tape + within, count, done);
      done += count;
    }
  }

  return {
    head: () => head,
    append: (draft: Draft, payload?: Uint8Array) =>
      translating("write", file, () => append(draft, payload)),
    commit: () => translating("write", file, commit),
    sync: () => translating("sync", file, sync),
    overtake: (ask) => translating("write", file, () => overtake(ask)),
    flush: () => translating("write", file, flush),
    flushIfPossible: () => void flushIfPossible(),
    close: () => held?.close(),
    ...(options.promises
      ? {
          bring: (position: number, length: number) =>
            translating("write", file, () => eachPiece(position, length, () => {})),
        }
      : {}),
    readTape: (position, length, target, at = 0) =>
      translating("read", file, () => {
        if (position >= promisedFrom)
          return eachPiece(position, length, (from, count, done) =>
            tape.read(from, from + count, target, at + done),
          );
        if (position + length > tape.length())
          throw new MalformedError(`the tape ends before byte ${position + length}`);
        tape.read(position, position + length, target, at);
      }),
  };
}

function copiesOf({ logReader, logCopy }: GuestRecorderOptions): Copies | undefined {
  if (logReader === undefined || logCopy === undefined) return undefined;
  return { reader: logReader, writer: logCopy };
}

function spooledTape(line: KeeperLine, descriptor: number | undefined): SpooledTape | undefined {
  if (descriptor === undefined || line.hold === undefined) return undefined;
  return new SpooledTape({ descriptor, hold: line.hold });
}

/**
 * Telling the keeper costs as much as several events, and a keeper that is behind hears of nothing before it has taken all
 * that is there: what it is told meanwhile has to fit into the socket, or the guest waits. So it is told after so many
 * bytes, of which a log takes 64 times as much, or after some time…
 */
const manyBytes = 4 * 1024 * 1024;
/** …which is half of the keeper's own interval. */
const quietMilliseconds = 10;
/** A payload up to this length is copied behind its record, so that one write takes both. */
const copiedBytes = 16 * 1024;
