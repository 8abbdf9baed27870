import { monotonicClock } from "@bytecodealliance/preview2-shim/clocks";
import { error, streams } from "@bytecodealliance/preview2-shim/io";

import type { Room } from "../fs/index.ts";

/** The methods of wasi:io/poll.pollable. */
export interface Pollable {
  ready(): boolean;
  block(): void;
}

/** The methods of wasi:io/streams.input-stream. Lengths are in bytes. A file's stream reads to where `room` says. */
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

// preview2-shim declares the constructors of its classes private, though subclassing them is how a host plugs in.

/** The classes that jco's glue checks streams and errors against. */
export const ShimInputStream = streams.InputStream as unknown as new () => InputStream;
export const ShimOutputStream = streams.OutputStream as unknown as new () => OutputStream;
export const ShimError = error.Error as unknown as new (message: string) => object;

/** A pollable of preview2-shim that is ready: of a moment that has passed. */
export function readyShimPollable(): Pollable {
  return monotonicClock.subscribeInstant(0n);
}
