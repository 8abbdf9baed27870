import { ByteWriter, MalformedError } from "../format/bytes.ts";
import { encodeEvent } from "../format/codec.ts";
import { type Draft, type Event, promisedFrom, type RunNumber, type Seq } from "../format/event.ts";
import type { Fetched } from "../format/promise.ts";
import { HeldRecords } from "./held-records.ts";
import { eachPiece, Pieces } from "./pieces.ts";
import { GuestTape } from "./guest-tape.ts";
import type { KeeperLine } from "./keeper-line.ts";
import { type LogBounds, LogWriter } from "./guest-log.ts";
import type { Durability, Recorder } from "../interface/journal.ts";
import { openStamps, type Situation, type Stamps } from "../writer/stamp.ts";
import { translating } from "../interface/storage-error.ts";
import { recordHeaderBytes } from "../writer/redo-log.ts";
import type { Copies } from "./synced-end.ts";

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
  const { file } = options;
  const tape = new GuestTape(line, options);
  const appending = new Appending(line, tape, options);
  const pieces = new Pieces();

  /** Returns where a promised byte stands on the tape; fetches and records it if it does not yet. */
  function pieceAt(position: number, onFetch?: (event: Event) => void): Fetched {
    const known = pieces.at(position);
    if (known !== undefined) return known;
    // The keeper gives the next one when it has seen the last one recorded.
    appending.flush();
    const found = line.promised(position);
    if ("tape" in found) return pieces.add(found);
    const { path, start, length, bytes } = found;
    const event = appending.append({ kind: "fetch", path, start, length }, bytes);
    onFetch?.(event);
    return pieces.add({ start, length, tape: event.kind === "fetch" ? event.tape : 0 });
  }

  return {
    head: () => appending.head,
    append: (draft: Draft, payload?: Uint8Array) =>
      translating("write", file, () => appending.append(draft, payload)),
    commit: () => translating("write", file, () => appending.commit()),
    sync: () => translating("sync", file, () => appending.sync()),
    overtake: (ask) => translating("write", file, () => appending.overtake(ask)),
    flush: () => translating("write", file, () => appending.flush()),
    flushIfPossible: () => void appending.flushIfPossible(),
    close: () => appending.close(),
    ...(options.promises
      ? {
          bring: (position: number, length: number, onFetch?: (event: Event) => void) =>
            translating("write", file, () =>
              eachPiece(
                (at) => pieceAt(at, onFetch),
                position,
                length,
                () => {},
              ),
            ),
        }
      : {}),
    readTape: (position, length, target, at = 0) =>
      translating("read", file, () => {
        if (position >= promisedFrom)
          return eachPiece(pieceAt, position, length, (from, count, done) =>
            tape.read(from, from + count, target, at + done),
          );
        if (position + length > tape.length)
          throw new MalformedError(`the tape ends before byte ${position + length}`);
        tape.read(position, position + length, target, at);
      }),
  };
}

/** Stamps events and appends them to the log, which the keeper reads, and tells it that there are some. */
class Appending {
  readonly #line: KeeperLine;
  readonly #tape: GuestTape;
  readonly #stamps: Stamps;
  readonly #held: HeldRecords | undefined;
  readonly #log: LogWriter;
  readonly #record = new ByteWriter();
  #head: Seq;
  /** Bytes that were appended since the keeper was last told, and the time of that. */
  #unrung = 0;
  #rungAt = 0;
  /** Tells that the log is to be begun again before anything is appended. */
  #isBroken = false;

  constructor(line: KeeperLine, tape: GuestTape, options: GuestRecorderOptions) {
    const { situation, now, run, durability, holdsAfter, log, file, tag, logBounds } = options;
    this.#line = line;
    this.#tape = tape;
    this.#head = situation.seq;
    this.#stamps = openStamps(situation, now, run);
    this.#held = holdsAfter === undefined ? undefined : new HeldRecords(log, file, holdsAfter);
    this.#log = new LogWriter(log, file, tag, {
      held: this.#held,
      everyRecord: durability === "power" ? "on disk" : "written",
      most: logBounds,
      copies: copiesOf(options),
    });
  }

  get head(): Seq {
    return this.#head;
  }

  append(draft: Draft, payload: Uint8Array | undefined): Event {
    if (this.#isBroken || this.#log.isLong) this.#renew();
    const tapeLength = this.#tape.length;
    const event = this.#stamps.stamp(draft, payload, tapeLength);
    const record = this.#record;
    record.at = recordHeaderBytes;
    encodeEvent(record, event, tapeLength + (payload?.length ?? 0));
    const payloadAt = record.at;
    const isCopied = payload !== undefined && payload.length <= copiedBytes;
    if (isCopied) record.bytes(payload);
    const rest = isCopied ? undefined : payload;
    const { buffer, at: end } = record;
    const recordAt = this.#log.length;
    try {
      this.#log.append({ seq: event.seq, buffer, start: 0, payloadAt, end, rest });
    } catch (error) {
      // The keeper cuts the broken record off before the next one; while it cannot, nothing more is appended.
      this.#isBroken = true;
      throw error;
    }
    this.#stamps.keep(event);
    this.#head = event.seq;
    if (payload !== undefined) this.#tape.append(payload, recordAt + payloadAt);
    this.#ringWhenDue(end + (rest?.length ?? 0));
    return event;
  }

  /** Brings to the log what is held; if that fails the log is begun again before anything else. */
  flush(): void {
    if (!this.#log.isHolding) return;
    if (this.#isBroken) return this.#renew();
    this.#isBroken = true;
    this.#log.flush();
    this.#isBroken = false;
  }

  /** Tries the same; returns false while something is held. */
  flushIfPossible(): boolean {
    try {
      if (!this.#isBroken) this.flush();
    } catch {
      return false;
    }
    return !this.#log.isHolding;
  }

  commit(): void {
    this.flush();
    // The keeper commits all that is in the log for either question.
    if (this.#log.isWorn) this.#renew();
    else this.#tape.settle(this.#line.commit());
  }

  sync(): void {
    this.flush();
    if (!this.#isBroken && this.#log.sync()) return;
    this.#tape.settle(this.#line.sync());
    this.#log.stand();
  }

  overtake(ask: () => Overtaken): void {
    this.flush();
    if (this.#log.isReliedOn) this.#line.sync();
    this.#isBroken = true;
    const { last, tag, tapeLength } = ask();
    this.#isBroken = false;
    this.#log.renew(tag);
    this.#tape.forgetLog();
    this.#unrung = 0;
    if (last !== undefined) {
      this.#stamps.keep(last);
      this.#head = last.seq;
    }
    this.#tape.overtake(tapeLength);
  }

  close(): void {
    this.#held?.close();
  }

  #ringWhenDue(length: number): void {
    this.#unrung += length;
    const time = performance.now();
    if (this.#unrung < manyBytes && time - this.#rungAt < quietMilliseconds) return;
    // The event is taken: if this fails, the next one is refused.
    if (!this.flushIfPossible()) return;
    this.#unrung = 0;
    this.#rungAt = time;
    this.#line.ring();
    // Whole segments move to the cache, which is bounded.
    this.#tape.settle(this.#tape.length);
  }

  #renew(): void {
    if (!this.#isBroken) this.flush();
    // The keeper does not wait for the disk before it empties the log.
    if (this.#log.isReliedOn) this.#line.sync();
    // A keeper that fails may have emptied the log: nothing is appended to one that has no beginning.
    this.#isBroken = true;
    const { tag, tapeLength } = this.#line.renew();
    this.#tape.forgetLog();
    this.#log.renew(tag);
    this.#isBroken = false;
    this.#tape.settle(tapeLength);
    this.#unrung = 0;
  }
}

function copiesOf({ logReader, logCopy }: GuestRecorderOptions): Copies | undefined {
  if (logReader === undefined || logCopy === undefined) return undefined;
  return { reader: logReader, writer: logCopy };
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
