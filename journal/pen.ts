import { copyBytes } from "./bytes.ts";
import { frame, type ScribeEnd } from "./channel.ts";
import { JournalError } from "./journal.ts";
import { patience } from "./lock.ts";
import { type OnDisk, openOnDisk } from "./on-disk.ts";
import { type Answer, openedAnswer, type OpenRequest, refusal } from "./scribe-talk.ts";
import { segmentBytes } from "./segment.ts";
import { translate, translating } from "./storage-error.ts";
import { recordHeaderBytes } from "./tail.ts";

/** Writes into a journal what comes through a channel, and commits it when there is enough, or when it is time. */
export interface Pen {
  /** Takes what is in the channel; stops where a commit is due and cannot be made. */
  takeAll(): void;
  commit(): Answer;
  sync(): Answer;
  /** Commits, tidies up and lets go of the file. */
  close(): Answer;
  /** As close, when the front is gone; gives why not all could be written. */
  abandon(): JournalError | undefined;
  /** Waits for more, or until a commit is due, and makes it. */
  rest(): void;
}

/** Opens the journal that a front asks for; there is no pen when the answer is no. */
export function openPen(
  end: ScribeEnd,
  request: OpenRequest,
): { readonly pen: Pen | undefined; readonly answer: Answer } {
  const created = BigInt(request.created);
  const { file, durability, batchEvents, batchBytes, batchMilliseconds, logBytes } = request;
  /** When the oldest event that is not committed was taken. */
  let since: number | undefined;
  let disk: OnDisk | undefined;
  try {
    const limits = {
      batchEvents,
      batchBytes,
      logBytes,
      // What time it is here, not when the events happened, says when to commit.
      batchNanoseconds: longest,
      // The front keeps what may be read again.
      cacheBytes: 2 * segmentBytes,
    };
    disk = openOnDisk(file, { durability, now: () => created, limits, onCommit }, patience);
    const { id, tailPath, recovered, intake } = disk;
    onCommit();
    const opened = { id, tailPath, recovered, tapeLength: intake.tapeLength() };
    const answer = openedAnswer({ ...opened, situation: intake.situation() });
    return { pen: penOf(disk), answer };
  } catch (error) {
    disk?.release();
    if (!(error instanceof JournalError)) throw error;
    return { pen: undefined, answer: refusal(error) };
  }

  function onCommit(): void {
    since = undefined;
    if (disk === undefined) return;
    const { seq, digest } = disk.intake.base();
    end.noteCommit({ seq, digest, tapeLength: disk.intake.tapeLength() });
  }

  function penOf(disk: OnDisk): Pen {
    const { intake } = disk;
    let failure: JournalError | undefined;
    let large: Large | undefined;

    /** Whether it could be done: a full disk or the like is told to the front and tried again. */
    function attempt(what: string, act: () => void): boolean {
      try {
        act();
        failure = undefined;
        end.noteState("going");
        return true;
      } catch (error) {
        const translated = translate(what, file, error);
        if (!(translated instanceof JournalError)) throw translated;
        failure = translated;
        end.noteState("failing");
        return false;
      }
    }

    function takeAll(): void {
      while (end.peek()) {
        // Nothing that was taken is in the way of a commit, and nothing more is taken where one fails.
        if (isDue() && !attempt("write", () => intake.commit())) return;
        take(end.kind, end.start, end.end);
        end.take();
      }
    }

    function isDue(): boolean {
      return large === undefined && (failure !== undefined || intake.isFull());
    }

    function take(kind: number, start: number, stop: number): void {
      const { ring } = end;
      if (kind === frame.event) {
        const bytesAt = start + recordHeaderBytes;
        const payloadAt = bytesAt + ring.readUInt32LE(start + 4);
        takeOver(ring, bytesAt, payloadAt, ring.subarray(payloadAt, stop));
        return;
      }
      if (kind === frame.large) {
        const bytes = Buffer.from(ring.subarray(start + recordHeaderBytes, stop));
        const payload = Buffer.allocUnsafeSlow(ring.readUInt32LE(start + 8));
        large = { bytes, payload, filled: 0 };
        return;
      }
      if (kind !== frame.piece || large === undefined) throw new TypeError("a frame out of place");
      copyBytes(ring, start, stop, large.payload, large.filled);
      large.filled += stop - start;
      if (large.filled < large.payload.length) return;
      const { bytes, payload } = large;
      large = undefined;
      takeOver(bytes, 0, bytes.length, payload);
    }

    function takeOver(buffer: Buffer, start: number, stop: number, payload: Buffer): void {
      if (intake.takeOver(buffer, start, stop, payload) !== "taken")
        throw new TypeError("an event that is not the next");
      since ??= performance.now();
    }

    function answering(what: string, act: () => void): Answer {
      // What is left in the channel could not be taken, and is before what is asked for.
      if (end.peek() && failure !== undefined) return refusal(failure);
      return attempt(what, act) || failure === undefined ? { kind: "done" } : refusal(failure);
    }

    function finish(act: () => void): void {
      try {
        translating("close", file, () => {
          if (end.peek() && failure !== undefined) throw failure;
          intake.commit();
          act();
          disk.leave();
        });
      } catch (error) {
        throw error instanceof JournalError ? telling(error) : error;
      } finally {
        disk.release();
        end.drop();
        end.noteState("going");
      }
    }

    function telling(error: JournalError): JournalError {
      const first = intake.base().seq + 1;
      const what =
        durability === "batch"
          ? `What was recorded from event ${first} on is lost.`
          : `What was recorded from event ${first} on is kept beside it, and taken over when it is opened again.`;
      const { code, message, hint, cause } = error;
      return new JournalError(code, `${message} ${what}`, {
        ...(hint === undefined ? {} : { hint }),
        cause,
      });
    }

    function closing(act: () => void): JournalError | undefined {
      try {
        finish(act);
        return undefined;
      } catch (error) {
        if (error instanceof JournalError) return error;
        throw error;
      }
    }

    return {
      takeAll,
      commit: () => answering("write", () => intake.commit()),
      sync: () => answering("sync", () => intake.sync()),
      close() {
        const error = closing(() => {});
        return error === undefined ? { kind: "done" } : refusal(error);
      },
      // The last event may be in the tail alone: its thread was ended before it could hand it over.
      abandon: () => closing(durability === "batch" ? () => {} : () => disk.recover()),
      rest() {
        if (failure !== undefined) {
          end.rest("failing", retryMilliseconds);
          if (end.question() === undefined) attempt("write", () => intake.commit());
          return;
        }
        if (since === undefined) return end.rest("idle", Number.POSITIVE_INFINITY);
        const left = since + batchMilliseconds - performance.now();
        if (left > 0 && !intake.isFull()) return end.rest("dozing", left);
        attempt("write", () => intake.commit());
      },
    };
  }
}

/** A payload that comes in pieces. */
interface Large {
  readonly bytes: Buffer;
  readonly payload: Buffer;
  filled: number;
}

const longest = 1n << 62n;
/** How often a commit that failed is tried again while the front asks for nothing. */
const retryMilliseconds = 1000;
