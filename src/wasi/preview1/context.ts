import { FsError } from "../../fs/index.ts";
import type { Host } from "../calls/host.ts";
import type { LinearMemory } from "../preview2/linear-memory.ts";
import type { Descriptors } from "./descriptors.ts";
import { errno, errnoOf } from "./errno.ts";
import type { OpenFile, Standard } from "./open-file.ts";

/** Everything a program has besides files. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly environment: readonly (readonly [string, string])[];
  readonly stdin: {
    /** Tells if `take` would return bytes, or the end. */
    isReady(): boolean;
    /** Returns at most so many of the bytes received: none if there are none yet, undefined at the end. */
    take(length: number): Uint8Array | undefined;
  };
  /** Prints bytes without keeping them; returns the result. */
  readonly print: (stream: "stdout" | "stderr", bytes: Uint8Array) => "done" | "closed" | "failed";
  /** Standard streams that are terminals. */
  readonly terminals: ReadonlySet<Standard>;
  /** Nanoseconds, of the monotonic clock and since the epoch. */
  readonly now: { readonly monotonic: () => bigint; readonly realtime: () => bigint };
  /** The smallest steps of both, in nanoseconds. */
  readonly resolution: { readonly monotonic: bigint; readonly realtime: bigint };
  readonly fillRandom: (bytes: Uint8Array) => void;
  /** Waits for `isReady`, or until the deadline on the monotonic clock, if there is one. */
  readonly waitFor: (isReady: () => boolean, deadline: bigint | undefined) => void;
  readonly exit: (code: number) => never;
}

/** State shared by all calls of one program. */
export interface Context {
  readonly host: Host;
  readonly memory: LinearMemory;
  readonly descriptors: Descriptors;
  readonly surroundings: Surroundings;
}

/** Records a call for which a descriptor lacks the rights, and returns the number of that error. */
export function notCapable(
  { host }: Context,
  operation: string,
  { handle }: OpenFile,
  path = handle.path,
): number {
  host.refusal(operation, path, "access", new FsError("not-permitted", path));
  return errno.notcapable;
}

/** Makes a call; returns the number of the error if it is refused, 0 otherwise. */
export function answer(
  { host }: Context,
  operation: string,
  path: string | undefined,
  effect: "mutation" | "access",
  run: () => number | void,
): number {
  try {
    return run() ?? 0;
  } catch (error) {
    return errnoOf(host.refusal(operation, path, effect, error));
  }
}
