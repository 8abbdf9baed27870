import { monotonicNow } from "../machine/clocks.ts";
import type { Awaitable, Poll } from "../machine/poll.ts";
import type { Sleeper } from "../machine/sleeper.ts";
import { HostInputStream } from "../../wasi/index.ts";
import { waitUntil } from "../machine/wait.ts";
import { closed } from "./stream-error.ts";

/** Most bytes that one read returns. */
const mostBytes = 65_536n;

/** Bytes for the guest's stdin, as they reach the guest's process. */
export interface Source {
  /** Tells if a read would return bytes or the end without waiting; asks for more if not. */
  isReady(): boolean;
  /** Returns at most so many of the bytes received: none if there are none yet, undefined at the end. */
  take(length: number): Uint8Array | undefined;
  /** Waits until something arrives that was asked for, but no longer than given; false if nothing was asked for. */
  wait(milliseconds: number): boolean;
}

/** Input that ends at once. */
export const emptySource: Source = {
  isReady: () => true,
  take: () => undefined,
  wait: () => false,
};

/** Answers to a request for input: bytes, nothing in the given time, or the end. */
export type Arrived = Uint8Array | "nothing" | "end";

/** Reads input that the keeper has: `ask` waits for it so many milliseconds. */
export function askingSource(ask: (milliseconds: number) => Arrived): Source {
  let chunk: Uint8Array | undefined = new Uint8Array();
  let isAwaited = false;

  const fill = (milliseconds: number): void => {
    if (chunk === undefined || chunk.length > 0) return;
    const arrived = ask(milliseconds);
    isAwaited = arrived === "nothing";
    if (arrived !== "nothing") chunk = arrived === "end" ? undefined : arrived;
  };
  return {
    isReady() {
      fill(0);
      return chunk === undefined || chunk.length > 0;
    },
    take(length) {
      fill(0);
      if (chunk === undefined) return undefined;
      const taken = chunk.subarray(0, length);
      chunk = chunk.subarray(length);
      return taken;
    },
    wait(milliseconds) {
      if (!isAwaited) return false;
      isAwaited = false;
      fill(milliseconds);
      return true;
    },
  };
}

/** Returns a wasi:io input stream that reads from a source. */
export function createInput(source: Source, { Pollable }: Poll, sleeper: Sleeper) {
  const awaitable: Awaitable = { isReady: () => source.isReady() };

  const read = (length: bigint): Uint8Array => {
    const bytes = source.take(Number(length < mostBytes ? length : mostBytes));
    if (bytes === undefined) throw closed;
    return bytes;
  };
  const wait = (): void => waitUntil(sleeper, monotonicNow, undefined, () => source.isReady());

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
