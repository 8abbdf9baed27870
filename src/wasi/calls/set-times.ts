import type { NewTimestamp } from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import type { Ino } from "../../../journal/index.ts";
import { FsError } from "../../fs/index.ts";
import { type Handle, requireMutable } from "./handle.ts";
import type { Host } from "./host.ts";
import { inodeAt } from "./place.ts";
import { newTime } from "./time.ts";

/** The two times that a guest can set. */
export interface NewTimes {
  readonly access: NewTimestamp;
  readonly modification: NewTimestamp;
}

/** wasi:filesystem/types, descriptor.set-times. Throws FsError. */
export function setTimes(handle: Handle, times: NewTimes): void {
  if (handle.access === "read-only") throw new FsError("not-permitted", handle.path);
  change(handle.host, handle.ino, times);
}

/** wasi:filesystem/types, descriptor.set-times-at. Throws FsError. */
export function setTimesAt(
  base: Handle,
  finalLink: "follow" | "keep",
  path: string,
  times: NewTimes,
): void {
  requireMutable(base, path);
  change(base.host, inodeAt(base, path, finalLink).ino, times);
}

function change({ fs, now }: Host, ino: Ino, { access, modification }: NewTimes): void {
  // The clock is read once, so that two times set to "now" are the same.
  let instant: bigint | undefined;
  const once = () => (instant ??= now());
  const atime = newTime(access, once);
  const mtime = newTime(modification, once);
  fs.perform({
    kind: "set-times",
    ino,
    ...(atime === undefined ? {} : { atime }),
    ...(mtime === undefined ? {} : { mtime }),
  });
}
