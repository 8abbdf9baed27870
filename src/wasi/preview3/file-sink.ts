import { FsError } from "../../fs/index.ts";
import { requireWritable, sizeNow, writeAt } from "../calls/file.ts";
import type { Handle } from "../calls/handle.ts";
import { Settled, type Sink } from "./channels.ts";
import { type Ended, type ErrorCode, failed, ok } from "./result.ts";

/** Most bytes in one event. */
const mostWrittenBytes = 1024 * 1024;

/** Writes its values into a file, from a position on or always at the end. */
export class FileSink implements Sink {
  readonly #operation: string;
  readonly #handle: Handle;
  #position: number | "end";
  readonly #most: number;
  readonly outcome = new Settled<Ended<ErrorCode>>();

  /** Takes over the handle. Throws FsError. */
  constructor(operation: string, handle: Handle, position: number | "end") {
    requireWritable(handle, "bad-descriptor");
    this.#operation = operation;
    this.#handle = handle;
    this.#position = position;
    this.#most = Math.max(1, Math.min(mostWrittenBytes, handle.host.fs.limits["call-bytes"]));
  }

  put(values: ArrayLike<unknown>): number {
    if (!(values instanceof Uint8Array)) throw new TypeError("no bytes for a file");
    if (this.outcome.isSettled) return 0;
    let taken = 0;
    try {
      while (taken < values.length) {
        const piece = values.subarray(taken, taken + this.#most);
        this.#write(piece);
        taken += piece.length;
      }
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      this.#handle.host.refusal(this.#operation, undefined, "mutation", error);
      this.#end(failed({ tag: error.code }));
    }
    return taken;
  }

  end(): void {
    this.#end(ok);
  }

  #write(bytes: Uint8Array): void {
    const handle = this.#handle;
    if (this.#position === "end") writeAt(handle, bytes, sizeNow(handle));
    else {
      writeAt(handle, bytes, this.#position);
      this.#position += bytes.length;
    }
  }

  #end(outcome: Ended<ErrorCode>): void {
    this.outcome.settle(outcome);
    this.#handle.close();
  }
}
