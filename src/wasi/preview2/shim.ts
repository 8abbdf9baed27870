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

/** Its output streams, which a guest splices our input streams into. */
export const ShimOutputStream = streams.OutputStream as unknown as new () => OutputStream;

/** A pollable of preview2-shim that is ready: of a moment that has passed. */
export function readyShimPollable(): Pollable {
  return monotonicClock.subscribeInstant(0n);
}

/**
 * Makes our streams and errors ones of preview2-shim's, for glue that has it for its host and asks for their class.
 * Once is enough; more does no harm.
 */
export function joinShim(): void {
  for (const [ours, theirs] of [
    [HostInputStream, streams.InputStream],
    [HostOutputStream, streams.OutputStream],
    [HostError, error.Error],
  ] as const)
    Object.setPrototypeOf(ours.prototype, theirs.prototype);
}
