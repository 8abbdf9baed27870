import { monotonicClock } from "@bytecodealliance/preview2-shim/clocks";
import { error, streams } from "@bytecodealliance/preview2-shim/io";

import {
  HostError,
  HostInputStream,
  HostOutputStream,
  type OutputStream,
  type Pollable,
} from "../calls/io.ts";

// preview2-shim declares the constructors of its classes private.

/** The shim's output streams, into which a guest splices our input streams. */
export const ShimOutputStream = streams.OutputStream as unknown as new () => OutputStream;

/** Returns a ready pollable of preview2-shim: of a moment that has passed. */
export function readyShimPollable(): Pollable {
  return monotonicClock.subscribeInstant(0n);
}

/**
 * Makes our streams and errors instances of preview2-shim's classes, for glue that checks them. May be called again
 * without harm.
 */
export function joinShim(): void {
  for (const [ours, theirs] of [
    [HostInputStream, streams.InputStream],
    [HostOutputStream, streams.OutputStream],
    [HostError, error.Error],
  ] as const)
    Object.setPrototypeOf(ours.prototype, theirs.prototype);
}
