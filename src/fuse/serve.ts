import { readSync, writeSync } from "node:fs";

import { FsError } from "../fs/index.ts";
import { longestEntry } from "./calls/directories.ts";
import { type Operation, operations } from "./calls/operations.ts";
import type { Served } from "./calls/served.ts";
import { statistics } from "./calls/statistics.ts";
import { Refusal, errno, errnoOf } from "./protocol/errno.ts";
import { longestRequest, mostTransferred } from "./protocol/init.ts";
import { Reply } from "./protocol/reply.ts";
import { Request, requestHeaderBytes } from "./protocol/request.ts";
import { type ParkedRequests, Postponed } from "./parked.ts";

/** Keeps requests that wait for answers: `ParkedRequests`, and what takes the answers. */
export type Parking = Pick<
  ParkedRequests<unknown>,
  "interrupt" | "isEmpty" | "park" | "serveReady"
> & {
  /** Takes what has come; called before each request while any waits, and before each one for the room that is left. */
  readonly listen: () => void;
};

/** A filesystem, the mount that is to serve it, and what to call meanwhile. */
export interface ServeOptions {
  /** The opened /dev/fuse, of a mount that there is or that will be. */
  readonly descriptor: number;
  /** Returns the filesystem that a request is about, and takes its base off the request's node. */
  readonly of: (request: Request) => Served;
  /** Waits a little for the mount; returns false to give up. */
  readonly awaitMount: () => boolean;
  /** Called once when there is a mount, before anything is served. */
  readonly onMount: () => void;
  /** Called before each request, with the number of the thread that asks. */
  readonly beforeEach?: (thread: number) => void;
  /** Requests that wait for answers; without it none does. */
  readonly parked?: Parking | undefined;
  /** Called after each request with its kind. */
  readonly afterEach: (request: "change" | "statistics" | "other") => void;
}

/**
 * Serves a filesystem to the kernel, one request after another, until it is unmounted. Blocks the thread. Each change is
 * in the journal's hands before the program that made it is told of it.
 */
export function serve(options: ServeOptions): void {
  const { descriptor, awaitMount, onMount, parked } = options;
  const request = new Request(Buffer.allocUnsafeSlow(longestRequest));
  const reply = new Reply(mostTransferred + longestEntry);
  for (let isMounted = false; ; isMounted = true) {
    const length = next(descriptor, request.buffer, awaitMount);
    if (length === undefined) return;
    if (!isMounted) onMount();
    if (!request.take(length)) throw new Error(`the kernel sent a request of ${length} bytes`);
    // Whoever has something to say makes such a request, as this thread waits for the kernel.
    if (
      parked !== undefined &&
      (!parked.isEmpty || operations.get(request.opcode)?.serve === statistics)
    )
      parked.listen();
    if (parked !== undefined && request.opcode === interrupt)
      interruptOne(descriptor, parked, request, reply);
    else serveOne(options, request, reply);
    if (parked?.isEmpty === false) parked.serveReady((again) => serveOne(options, again, reply));
  }
}

// linux/fuse.h: FUSE_INTERRUPT, which has no answer of its own.
const interrupt = 36;

/** Ends a request that waits, as a signal came to who made it; all others have been answered already. */
function interruptOne(descriptor: number, parked: Parking, request: Request, reply: Reply): void {
  if (request.length < 8 || !parked.interrupt(request.buffer.readBigUInt64LE(requestHeaderBytes)))
    return;
  reply.begin(request.buffer, requestHeaderBytes);
  send(descriptor, reply, reply.fail(errno.interrupted));
}

/** Serves one request and answers it, unless it has to wait. */
function serveOne(options: ServeOptions, request: Request, reply: Reply): void {
  const { descriptor, of, beforeEach, afterEach, parked } = options;
  const operation = operations.get(request.opcode);
  beforeEach?.(request.pid);
  try {
    const answer = answerTo(of, operation, request, reply);
    if (operation?.answer !== "none") send(descriptor, reply, answer);
  } catch (error) {
    if (!(error instanceof Postponed) || parked === undefined) throw error;
    if (!parked.park(request, error)) send(descriptor, reply, reply.fail(errno.access));
  }
  afterEach(kindOf(operation));
}

function kindOf(operation: Operation | undefined): "change" | "statistics" | "other" {
  if (operation?.changes !== undefined) return "change";
  return operation?.serve === statistics ? "statistics" : "other";
}

/** Serves one request, and returns the length of the answer. */
function answerTo(
  of: (request: Request) => Served,
  operation: Operation | undefined,
  request: Request,
  reply: Reply,
): number {
  reply.begin(request.buffer);
  if (operation === undefined) return reply.fail(errno.notServed);
  const served = of(request);
  try {
    operation.serve(served, request, reply);
    return reply.succeed();
  } catch (error) {
    if (error instanceof Refusal) return reply.fail(error.errno);
    if (!(error instanceof FsError)) throw error;
    const { changes } = operation;
    if (changes !== undefined)
      served.fs.refuse({ operation: changes, path: error.path, effect: "mutation" }, error);
    return reply.fail(errnoOf(error));
  }
}

/** Reads the next request; returns undefined once there is no mount any more. */
function next(descriptor: number, buffer: Buffer, awaitMount: () => boolean): number | undefined {
  for (;;) {
    try {
      return readSync(descriptor, buffer, 0, buffer.length, null);
    } catch (error) {
      switch (codeOf(error)) {
        case "ENODEV":
        case "ECONNABORTED":
          return undefined;
        case "EPERM":
          if (awaitMount()) continue;
          return undefined;
        case "ENOENT":
        case "EINTR":
        case "EAGAIN":
          // The process that asked has gone before its request was read.
          continue;
        default:
          throw error;
      }
    }
  }
}

function send(descriptor: number, reply: Reply, length: number): void {
  let failed = tryToWrite(descriptor, reply.buffer, length);
  // The kernel does not take the answer, which a journal's state may be to blame for: the program hears of an error.
  if (codeOf(failed) === "EINVAL")
    failed = tryToWrite(descriptor, reply.buffer, reply.fail(errno.io));
  if (failed === undefined) return;
  // The process that asked was interrupted, or the mount is gone: the next read tells.
  const code = codeOf(failed);
  if (code !== "ENOENT" && code !== "ENODEV" && code !== "ECONNABORTED") throw failed;
}

/** Writes an answer; returns the error if that failed. */
function tryToWrite(descriptor: number, buffer: Buffer, length: number): Error | undefined {
  try {
    writeSync(descriptor, buffer, 0, length);
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
