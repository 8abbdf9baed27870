import { FsError, type Room } from "../../fs/index.ts";
import { mostReadBytes, readAt, requireReadable, sizeNow } from "../calls/file.ts";
import type { Handle } from "../calls/handle.ts";
import { Settled, type Source } from "./channels.ts";
import { type Ended, type ErrorCode, failed, ok } from "./result.ts";

/** A file's bytes from a position on, to its end at the time when the guest gets there. */
export class FileSource implements Source {
  readonly #handle: Handle;
  #position: number;
  #isOver = false;
  readonly outcome = new Settled<Ended<ErrorCode>>(() => this.#endAtEnd());

  /** Takes over the handle. Throws FsError. */
  constructor(handle: Handle, position: number) {
    requireReadable(handle);
    this.#handle = handle;
    this.#position = position;
  }

  take(most: number, room?: Room): Uint8Array | "end" {
    if (this.#isOver) return "end";
    const handle = this.#handle;
    try {
      const bytes = readAt(handle, this.#position, Math.min(most, mostReadBytes), room);
      this.#position += bytes.length;
      if (bytes.length > 0) return bytes;
      this.#end(ok);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      handle.host.refusal("read-via-stream", undefined, "access", error);
      this.#end(failed({ tag: error.code }));
    }
    return "end";
  }

  stop(): void {
    this.#end(ok);
  }

  /** Ends the stream with the last bytes, so that the guest need not read once more. */
  #endAtEnd(): void {
    if (!this.#isOver && this.#position >= sizeNow(this.#handle)) this.#end(ok);
  }

  #end(outcome: Ended<ErrorCode>): void {
    this.#isOver = true;
    this.outcome.settle(outcome);
    this.#handle.close();
  }
}
