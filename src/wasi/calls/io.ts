import type { Room } from "../../fs/index.ts";

/** The methods of wasi:io/poll.pollable. */
export interface Pollable {
  ready(): boolean;
  block(): void;
}

/** The methods of wasi:io/streams.input-stream. Lengths are in bytes. A file's stream reads into `room` if given. */
export interface InputStream {
  read(length: bigint, room?: Room): Uint8Array;
  blockingRead(length: bigint, room?: Room): Uint8Array;
  skip(length: bigint): bigint;
  blockingSkip(length: bigint): bigint;
  subscribe(): Pollable;
}

/** The methods of wasi:io/streams.output-stream. */
export interface OutputStream {
  checkWrite(): bigint;
  write(bytes: Uint8Array): void;
  blockingWriteAndFlush(bytes: Uint8Array): void;
  flush(): void;
  blockingFlush(): void;
  writeZeroes(length: bigint): void;
  blockingWriteZeroesAndFlush(length: bigint): void;
  splice(source: InputStream, length: bigint): bigint;
  blockingSplice(source: InputStream, length: bigint): bigint;
  subscribe(): Pollable;
}

// jco's glue recognises streams and errors by their class. These classes are ours and do not use preview2-shim, which
// starts a thread when loaded.

/** The class of every input stream that a guest gets from us. */
export abstract class HostInputStream implements InputStream {
  abstract read(length: bigint, room?: Room): Uint8Array;
  abstract blockingRead(length: bigint, room?: Room): Uint8Array;
  abstract skip(length: bigint): bigint;
  abstract blockingSkip(length: bigint): bigint;
  abstract subscribe(): Pollable;
}

/** The class of every output stream that a guest gets from us. */
export abstract class HostOutputStream implements OutputStream {
  abstract checkWrite(): bigint;
  abstract write(bytes: Uint8Array): void;
  abstract blockingWriteAndFlush(bytes: Uint8Array): void;
  abstract flush(): void;
  abstract blockingFlush(): void;
  abstract writeZeroes(length: bigint): void;
  abstract blockingWriteZeroesAndFlush(length: bigint): void;
  abstract splice(source: InputStream, length: bigint): bigint;
  abstract blockingSplice(source: InputStream, length: bigint): bigint;
  abstract subscribe(): Pollable;
}

/** wasi:io/error.error: the failure of a stream. */
export class HostError {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toDebugString(): string {
    return this.#text;
  }
}
