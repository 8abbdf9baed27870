import { ByteWriter, copyBytes } from "./bytes.ts";
import {
  EndedError,
  frame,
  FrontEnd,
  largestFrame,
  type Question,
  type SharedMemory,
} from "./channel.ts";
import { systemClock } from "./clock.ts";
import { encodeEvent } from "./codec.ts";
import { connectReader } from "./connection.ts";
import type { Draft, Event, Seq } from "./event.ts";
import { withDatabase } from "./handle.ts";
import type { JournalWriter, Query } from "./journal.ts";
import { defaultLimits } from "./limits.ts";
import { openReading } from "./reading.ts";
import { resolvePath } from "./recognise.ts";
import { type Answer, errorOf, openedOf, type OpenRequest } from "./scribe-talk.ts";
import { openStamps } from "./stamp.ts";
import { failure, translating } from "./storage-error.ts";
import { openStored } from "./stored.ts";
import { openTail, recordHeaderBytes, type Tail } from "./tail.ts";
import { openTape } from "./tape.ts";
import { openTapeEnd } from "./tape-end.ts";
import { segmentBytes } from "./segment.ts";
import type { WriterOptions } from "./writer.ts";

/**
 * As openWriter, for a thread that must not wait: it stamps an event, writes it to the tail as the durability asks, and
 * leaves the rest to the scribe whose memory this is, which serves one writer at a time. Throws JournalError.
 */
export function openFront(
  memory: SharedMemory,
  file: string,
  options: WriterOptions = {},
): JournalWriter {
  const durability = options.durability ?? "process";
  const now = options.now ?? systemClock();
  const limits = { ...defaultLimits, ...options.limits };
  const end = new FrontEnd(memory);

  function ask(question: Question, details?: unknown): Answer {
    let answer: Answer;
    try {
      answer = end.ask(question, details) as Answer;
    } catch (error) {
      throw ended(error);
    }
    if (answer.kind === "refused") throw errorOf(answer);
    return answer;
  }

  function ended(error: unknown): unknown {
    if (!(error instanceof EndedError)) return error;
    return failure("io", "write", file, "the thread that writes it has ended", error);
  }

  const request: OpenRequest = {
    file,
    durability,
    created: now().toString(),
    batchEvents: limits.batchEvents,
    batchBytes: limits.batchBytes,
    batchMilliseconds: Number(limits.batchNanoseconds) / 1e6,
    logBytes: limits.logBytes,
  };
  const answer = ask("open", request);
  if (answer.kind !== "opened") throw new TypeError("no answer to what was asked");
  const opened = openedOf(answer);
  const { db, tail } = besideScribe();
  const stamps = openStamps(opened.situation, now);
  const tape = openTapeEnd(openTape(db, limits.cacheBytes), opened.tapeLength);
  const stored = translating("open", file, () => openStored(db));
  const record = new ByteWriter();
  let head = opened.situation.seq;
  let isClosed = false;

  function besideScribe() {
    try {
      return translating("open", file, () => {
        const tail = openTailOf();
        return { db: connectReader(resolvePath(file)), tail };
      });
    } catch (error) {
      ask("close");
      throw error;
    }
  }

  function openTailOf(): Tail | undefined {
    if (durability === "batch") return undefined;
    const commits = { seq: () => end.committed().seq, base: () => end.committed() };
    const everyRecord = durability === "power" ? "on disk" : "written";
    return openTail(opened.tailPath, file, opened.id, commits, { everyRecord });
  }

  function append(draft: Draft, payload: Uint8Array | undefined): Event {
    const event = stamps.stamp(draft, payload, tape.length());
    // A commit that failed is tried again now, and it is this event that is refused when it fails once more.
    if (!end.isGoing) ask("commit");
    const payloadBytes = payload?.length ?? 0;
    record.at = 0;
    encodeEvent(record, event, tape.length() + payloadBytes);
    const length = recordHeaderBytes + record.at + payloadBytes;
    if (tail?.hasRoom(length) === false) ask("commit");
    if (length <= largestFrame) hand(event.seq, payload, length);
    else handInPieces(event.seq, payload ?? new Uint8Array());
    if (payload !== undefined) keepPayload(payload);
    stamps.keep(event);
    head = event.seq;
    return event;
  }

  function reserve(length: number): number {
    for (;;) {
      const start = end.reserve(length);
      if (start !== undefined) return start;
      ask("commit");
    }
  }

  function hand(seq: Seq, payload: Uint8Array | undefined, length: number): void {
    const start = reserve(length);
    const payloadAt = start + recordHeaderBytes + record.at;
    copyBytes(record.buffer, 0, record.at, end.ring, start + recordHeaderBytes);
    if (payload !== undefined) copyBytes(payload, 0, payload.length, end.ring, payloadAt);
    if (tail === undefined) end.ring.writeUInt32LE(record.at, start + 4);
    else
      tail.append({
        seq,
        buffer: end.ring,
        start,
        payloadAt,
        end: start + length,
        rest: undefined,
      });
    end.publish(frame.event, length);
  }

  // Larger than the channel: it must be empty, so that nothing can keep the scribe from taking all pieces.
  function handInPieces(seq: Seq, payload: Uint8Array): void {
    ask("commit");
    const headBytes = recordHeaderBytes + record.at;
    const buffer = Buffer.allocUnsafe(headBytes);
    record.buffer.copy(buffer, recordHeaderBytes, 0, record.at);
    buffer.writeUInt32LE(payload.length, 8);
    tail?.append({ seq, buffer, start: 0, payloadAt: headBytes, end: headBytes, rest: payload });
    handFrame(frame.large, buffer, 0, buffer.length);
    for (let done = 0; done < payload.length; done += pieceBytes)
      handFrame(frame.piece, payload, done, Math.min(done + pieceBytes, payload.length));
  }

  function handFrame(kind: number, bytes: Uint8Array, start: number, stop: number): void {
    copyBytes(bytes, start, stop, end.ring, reserve(stop - start));
    end.publish(kind, stop - start);
  }

  function keepPayload(payload: Uint8Array): void {
    const segment = Math.floor(tape.length() / segmentBytes);
    tape.append(payload);
    // What is committed need not be kept, but may be: told of once a segment, it is soon enough. Not before the payload
    // is there: the scribe may have committed it already.
    if (Math.floor(tape.length() / segmentBytes) > segment) tape.settle(end.committed().tapeLength);
  }

  function doing<T>(what: string, act: () => T): T {
    if (isClosed) throw new TypeError(`the journal ${file} is closed`);
    try {
      return translating(what, file, act);
    } catch (error) {
      throw ended(error);
    }
  }

  function commit(): void {
    if (end.committed().seq < head) ask("commit");
  }

  const reading = translating("open", file, () =>
    openReading({
      file,
      id: opened.id,
      db,
      pending: { events: [], tapeLengths: [] },
      committed: () => stored.head(),
      readTape: (start, stop, target, at) => tape.read(start, stop, target, at),
    }),
  );
  /** What is asked of the database must be in it. */
  const whole = <A extends unknown[], T>(read: (...args: A) => T) => {
    return (...args: A): T => {
      doing("write", commit);
      return read(...args);
    };
  };
  const journal: JournalWriter = {
    ...reading,
    durability,
    recovered: opened.recovered,
    head: () => head,
    tapeLength: (seq) => (seq >= head ? tape.length() : whole(reading.tapeLength)(seq)),
    event: whole(reading.event),
    events: whole(reading.events),
    query: (query: Query) => whole(reading.query)({ ...query, last: lowest(query.last, head) }),
    paths: whole(reading.paths),
    runs: whole(reading.runs),
    run: whole(reading.run),
    mark: whole(reading.mark),
    marks: whole(reading.marks),
    seqAtTime: whole(reading.seqAtTime),
    writer: whole(reading.writer),
    readTape(position, length, target, at = 0) {
      if (
        position < 0 ||
        length < 0 ||
        position + length > tape.length() ||
        at + length > target.length
      )
        return whole(reading.readTape)(position, length, target, at);
      doing("read", () => tape.read(position, position + length, target, at));
    },
    append: (draft, payload) => doing("write", () => append(draft, payload)),
    commit: () => doing("write", commit),
    // With "power" each append was on disk before it returned.
    sync: () => doing("sync", () => durability !== "power" && ask("sync")),
    close() {
      if (isClosed) return;
      isClosed = true;
      // Before the scribe leaves the file behind as one that nobody reads.
      db.close();
      tail?.close();
      ask("close");
    },
  };
  return withDatabase(journal, db);
}

/** Of the payload of an event that comes in pieces. */
const pieceBytes = 256 * 1024;

function lowest(one: Seq | undefined, other: Seq): Seq {
  return one === undefined || one > other ? other : one;
}
