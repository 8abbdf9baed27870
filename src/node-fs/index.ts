// `rewindfs/fs`: a journal's filesystem, live or as it was, for programs that expect `node:fs`.
import "../node-needed.ts";
import type { History, OpenFileSystem, Revision } from "../index.ts";
import { type JournalFs, type JournalFsPromises, facesOf } from "./faces.ts";
import { liveVolume, pastVolume } from "./volume.ts";

export type { JournalFs, JournalFsPromises };

/**
 * Returns `node:fs` of a filesystem that is open for writing. Each change is an event before its call returns, and a
 * run of its own, unless it is made within `files.run`. Paths begin at the root, with or without "/".
 */
export function liveFs(files: OpenFileSystem): JournalFs {
  return facesOf(liveVolume(files));
}

/**
 * Returns `node:fs` of a past state. Changes are refused with EROFS. The history, or the filesystem that it belongs to,
 * must stay open meanwhile. Throws RevisionError.
 */
export function pastFs(source: History | OpenFileSystem, revision: Revision = "@"): JournalFs {
  return facesOf(pastVolume("history" in source ? source.history : source, revision));
}
