import { ByteWriter, MalformedError } from "./bytes.ts";
import { decodeEvent, encodeEvent } from "./codec.ts";
import type { Draft, Event, RunNumber, Seq, TapePosition } from "./event.ts";

const unstamped = { seq: 0 as Seq, time: 0n, run: 0 as RunNumber };

/** Returns the bytes of a fact alone: without its time, its run, and its place in the journal and on the tape. */
export function bytesOfFact(fact: Draft | Event): Buffer {
  const bytes = new ByteWriter();
  encodeEvent(bytes, { ...fact, tape: 0 as TapePosition, ...unstamped } as Event, 0);
  return Buffer.from(bytes.buffer.subarray(0, bytes.at));
}

/** Returns the fact of such bytes, with nothing for what they lack. Throws RangeError if they are none. */
export function factOfBytes(bytes: Buffer): Event {
  try {
    return { ...decodeEvent(bytes).event, ...unstamped };
  } catch (error) {
    if (error instanceof MalformedError) throw new RangeError(error.message);
    throw error;
  }
}
