import { FsError, type Room } from "../../fs/index.ts";
import { readAt, readLength, sizeNow } from "../calls/file.ts";
import type { Handle } from "../calls/handle.ts";
import { HostInputStream, type Pollable } from "../calls/io.ts";
import { closed, lastOperationFailed } from "./stream-error.ts";

/**
 * A file's bytes from a position on, as a wasi:io input stream that is always ready. At the end of the file it reports
 * closed; bytes appended later can still be read, as in POSIX and as the preview 1 adapter, which keeps its streams,
 * needs it.
 */
export class FileInputStream extends HostInputStream {
  readonly #handle: Handle;
  #position: number;
  #hasFailed = false;

  /** Takes over the handle. */
  constructor(handle: Handle, position: number) {
    super();
    this.#handle = handle;
    this.#position = position;
  }

  /** Reads into `room` if given; jco's glue gives none, and gets new memory. */
  override read(length: bigint, room?: Room): Uint8Array {
    return this.#take("read", length, room);
  }

  override blockingRead(length: bigint, room?: Room): Uint8Array {
    return this.#take("blocking-read", length, room);
  }

  override skip(length: bigint): bigint {
    return this.#pass("skip", length);
  }

  override blockingSkip(length: bigint): bigint {
    return this.#pass("blocking-skip", length);
  }

  override subscribe(): Pollable {
    this.#handle.host.beforeCall();
    return this.#handle.host.subscribe();
  }

  [Symbol.dispose](): void {
    this.#handle.close();
  }

  #take(operation: string, length: bigint, room: Room | undefined): Uint8Array {
    const handle = this.#handle;
    handle.host.beforeCall();
    if (this.#hasFailed) throw closed;
    try {
      if (!handle.reads) throw new FsError("bad-descriptor", handle.path);
      const bytes = readAt(handle, this.#position, readLength(length), room);
      if (bytes.length === 0 && length > 0n) throw closed;
      this.#position += bytes.length;
      return bytes;
    } catch (error) {
      throw this.#failure(operation, error);
    }
  }

  #pass(operation: string, length: bigint): bigint {
    const handle = this.#handle;
    handle.host.beforeCall();
    if (this.#hasFailed) throw closed;
    try {
      if (!handle.reads) throw new FsError("bad-descriptor", handle.path);
      const left = sizeNow(handle) - this.#position;
      if (left <= 0 && length > 0n) throw closed;
      const count = BigInt(Math.max(left, 0)) < length ? left : Number(length);
      this.#position += count;
      return BigInt(count);
    } catch (error) {
      throw this.#failure(operation, error);
    }
  }

  #failure(operation: string, error: unknown): unknown {
    if (!(error instanceof FsError)) return error;
    this.#hasFailed = true;
    this.#handle.host.refusal(operation, undefined, "access", error);
    return lastOperationFailed(error.code);
  }
}
