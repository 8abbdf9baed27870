import { FsError } from "../../fs/index.ts";
import { errnoOf, reasonOf } from "../disk/error.ts";

/** Limits that every later path would hit as well. */
const wholeLimits: ReadonlySet<string> = new Set(["bytes", "inodes", "tape-bytes", "events"]);

/**
 * Returns why one path cannot be imported while others can; undefined for errors that end the whole import, as all of the
 * filesystem do once it `hasFailed`.
 */
export function reasonToSkip(error: unknown, hasFailed: boolean): string | undefined {
  if (error instanceof FsError) {
    const isFinal = hasFailed || wholeLimits.has(error.limit ?? "");
    return isFinal ? undefined : `the filesystem refuses it: ${error.message}`;
  }
  const errno = errnoOf(error);
  return errno === undefined ? undefined : reasonOf(errno);
}
