import { FsError } from "../../fs/index.ts";
import { sizeNow, writeAt } from "../calls/file.ts";
import type { Handle } from "../calls/handle.ts";
import { HostOutputStream, type InputStream, type Pollable } from "../calls/io.ts";
import { closed, lastOperationFailed } from "./stream-error.ts";
import { trap } from "../calls/trap.ts";

/** The most that check-write permits. */
const mostPermitted = 1024 * 1024;
/** wasi:io/streams.wit, blocking-write-and-flush: "up to 4096 bytes". */
const mostBlockingBytes = 4_096;

/** Position of a stream's writes: a number, or always the file's present end. */
export type Position = number | "end";

/** Writes to a file as a wasi:io output stream that is always ready: written bytes can be read at once. */
export class FileOutputStream extends HostOutputStream {
  readonly #handle: Handle;
  #position: Position;
  readonly #most: number;
  #permitted: number;
  #hasFailed = false;

  /** Takes over the handle. */
  constructor(handle: Handle, position: Position) {
    super();
    this.#handle = handle;
    this.#position = position;
    // One byte at least: a guest that is permitted none waits for ever.
    this.#most = Math.max(1, Math.min(mostPermitted, handle.host.fs.limits["call-bytes"]));
    this.#permitted = this.#most;
  }

  override checkWrite(): bigint {
    this.#begin();
    this.#permitted = this.#most;
    return BigInt(this.#most);
  }

  override write(bytes: Uint8Array): void {
    this.#begin();
    this.#spend("write", bytes.length);
    this.#put("write", bytes);
  }

  override blockingWriteAndFlush(bytes: Uint8Array): void {
    this.#begin();
    if (bytes.length > mostBlockingBytes)
      throw trap(`blocking-write-and-flush of more than ${mostBlockingBytes} bytes`);
    this.#put("blocking-write-and-flush", bytes);
  }

  override flush(): void {
    this.#begin();
  }

  override blockingFlush(): void {
    this.#begin();
  }

  override writeZeroes(length: bigint): void {
    this.#begin();
    this.#spend("write-zeroes", length);
    this.#put("write-zeroes", new Uint8Array(Number(length)));
  }

  override blockingWriteZeroesAndFlush(length: bigint): void {
    this.#begin();
    if (length > BigInt(mostBlockingBytes))
      throw trap(`blocking-write-zeroes-and-flush of more than ${mostBlockingBytes} bytes`);
    this.#put("blocking-write-zeroes-and-flush", new Uint8Array(Number(length)));
  }

  override splice(source: InputStream, length: bigint): bigint {
    this.#begin();
    this.#requireWrites("splice");
    return this.#move("splice", source.read(this.#within(length)));
  }

  override blockingSplice(source: InputStream, length: bigint): bigint {
    this.#begin();
    this.#requireWrites("blocking-splice");
    return this.#move("blocking-splice", source.blockingRead(this.#within(length)));
  }

  override subscribe(): Pollable {
    this.#handle.host.beforeCall();
    return this.#handle.host.subscribe();
  }

  [Symbol.dispose](): void {
    this.#handle.close();
  }

  #begin(): void {
    this.#handle.host.beforeCall();
    if (this.#hasFailed) throw closed;
  }

  #spend(operation: string, length: number | bigint): void {
    if (length > this.#permitted)
      throw trap(`${operation} of more bytes than check-write permitted`);
    this.#permitted -= Number(length);
  }

  #put(operation: string, bytes: Uint8Array): void {
    const handle = this.#handle;
    try {
      if (!handle.writes) throw new FsError("bad-descriptor", handle.path);
      if (this.#position === "end") {
        writeAt(handle, bytes, sizeNow(handle));
      } else {
        writeAt(handle, bytes, this.#position);
        this.#position += bytes.length;
      }
    } catch (error) {
      throw this.#failure(operation, error);
    }
  }

  #within(length: bigint): bigint {
    return length > this.#most ? BigInt(this.#most) : length;
  }

  #move(operation: string, bytes: Uint8Array): bigint {
    this.#put(operation, bytes);
    return BigInt(bytes.length);
  }

  /** Checks before anything is taken from a source. */
  #requireWrites(operation: string): void {
    if (!this.#handle.writes)
      throw this.#failure(operation, new FsError("bad-descriptor", this.#handle.path));
  }

  #failure(operation: string, error: unknown): unknown {
    if (!(error instanceof FsError)) return error;
    this.#hasFailed = true;
    this.#handle.host.refusal(operation, undefined, "mutation", error);
    return lastOperationFailed(error.code);
  }
}
