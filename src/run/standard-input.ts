import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";

import { monotonicNow } from "./clocks.ts";
import type { Checkpoint } from "./control.ts";
import type { Awaitable, Poll } from "./poll.ts";
import { HostInputStream } from "../wasi/index.ts";
import { waitUntil } from "./wait.ts";
import { closed } from "./stream-error.ts";

/** The most that one read gives. */
const mostBytes = 65_536n;

/** Bytes for the guest's stdin, as the worker sees them come. */
export interface Source {
  /** Whether a read would give bytes or the end without waiting; asks for more when not. */
  isReady(): boolean;
  /** What has come so far, at most so many bytes: empty when nothing has, undefined at the end. */
  take(length: number): Uint8Array | undefined;
}

/** No input at all. */
export const emptySource: Source = { isReady: () => true, take: () => undefined };

/**
 * Input that the main thread reads: there it can wait without blocking, and the guest, which waits on the control
 * memory, can be stopped meanwhile. The port carries requests one way, chunks (null at the end) the other.
 */
export function portSource(port: MessagePort): Source {
  let chunk: Uint8Array | null = new Uint8Array();
  let asked = false;

  const fill = (): void => {
    if (chunk === null || chunk.length > 0) return;
    const received = receiveMessageOnPort(port);
    if (received !== undefined) {
      asked = false;
      const message: unknown = received.message;
      chunk = message instanceof Uint8Array ? message : null;
    } else if (!asked) {
      asked = true;
      port.postMessage("more");
    }
  };
  return {
    isReady() {
      fill();
      return chunk === null || chunk.length > 0;
    },
    take(length) {
      fill();
      if (chunk === null) return undefined;
      const taken = chunk.subarray(0, length);
      chunk = chunk.subarray(length);
      return taken;
    },
  };
}

/** A wasi:io input stream from a source. */
export function createInput(source: Source, { Pollable }: Poll, checkpoint: Checkpoint) {
  const awaitable: Awaitable = { isReady: () => source.isReady() };

  const read = (length: bigint): Uint8Array => {
    const bytes = source.take(Number(length < mostBytes ? length : mostBytes));
    if (bytes === undefined) throw closed;
    return bytes;
  };
  const wait = (): void => waitUntil(checkpoint, monotonicNow, undefined, () => source.isReady());

  class Input extends HostInputStream {
    override read(length: bigint): Uint8Array {
      return read(length);
    }
    override blockingRead(length: bigint): Uint8Array {
      if (length > 0n) wait();
      return read(length);
    }
    override skip(length: bigint): bigint {
      return BigInt(read(length).length);
    }
    override blockingSkip(length: bigint): bigint {
      return BigInt(this.blockingRead(length).length);
    }
    override subscribe() {
      return new Pollable(awaitable);
    }
  }
  return new Input();
}
