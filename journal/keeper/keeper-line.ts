import type { TapePosition } from "../format/event.ts";
import type { Fetched } from "../format/promise.ts";
import type { SpoolAnswer } from "./spooled-tape.ts";

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
