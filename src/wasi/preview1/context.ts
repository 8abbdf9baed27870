import { FsError } from "../../fs/index.ts";
import type { Host } from "../calls/host.ts";
import type { LinearMemory } from "../preview2/linear-memory.ts";
import type { Descriptors } from "./descriptors.ts";
import { errno, errnoOf } from "./errno.ts";
import type { OpenFile, Standard } from "./open-file.ts";

/** What a program has beside files. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly environment: readonly (readonly [string, string])[];
  readonly stdin: {
    /** Whether `take` would give bytes, or the end. */
    isReady(): boolean;
    /** What has come so far, at most so many bytes: empty when nothing has, undefined at the end. */
    take(length: number): Uint8Array | undefined;
  };
  /** Prints bytes, which it does not keep; tells what came of it. */
  readonly print: (stream: "stdout" | "stderr", bytes: Uint8Array) => "done" | "closed" | "failed";
  /** Which of the three are terminals. */
  readonly terminals: ReadonlySet<Standard>;
  /** Nanoseconds, of the monotonic clock and since the epoch. */
  readonly now: { readonly monotonic: () => bigint; readonly realtime: () => bigint };
  /** The smallest steps of both, in nanoseconds. */
  readonly resolution: { readonly monotonic: bigint; readonly realtime: bigint };
  readonly fillRandom: (bytes: Uint8Array) => void;
  /** Returns when `isReady` says so, or at the deadline on the monotonic clock, where there is one. */
  readonly waitFor: (isReady: () => boolean, deadline: bigint | undefined) => void;
  readonly exit: (code: number) => never;
}

/** What all calls of one program share. */
export interface Context {
  readonly host: Host;
  readonly memory: LinearMemory;
  readonly descriptors: Descriptors;
  readonly surroundings: Surroundings;
}

/** Records a call for which a descriptor lacks the rights, and gives the number of that error. */
export function notCapable(
  { host }: Context,
  operation: string,
  { handle }: OpenFile,
  path = handle.path,
): number {
  host.refusal(operation, path, "access", new FsError("not-permitted", path));
  return errno.notcapable;
}

/** Makes a call, and gives the number of the error that it is refused with, 0 without one. */
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
