import type { Event, Ino, Journal, Seq } from "../../../journal/index.ts";
import type { Tree } from "../../fs/index.ts";
import { lookup } from "./view.ts";

/** Which events, and in which order. */
export interface FileHistoryOptions {
  readonly first?: number;
  readonly last?: number;
  readonly order?: "forward" | "reverse";
}

/** Every event that touched an inode, under all the names that it ever had. */
export function fileHistory(
  journal: Journal,
  ino: Ino,
  options: FileHistoryOptions = {},
): IterableIterator<Event> {
  return journal.query({ ...options, ino });
}

/**
 * The inode that a path leads to in a state, or else the last one before it that had the path, so that what was deleted
 * can still be asked about. Undefined for a path that never was.
 */
export function inodeNumberAt(
  journal: Journal,
  tree: Tree,
  seq: Seq,
  path: string,
): Ino | undefined {
  const inode = lookup(tree, path);
  if (inode !== undefined) return inode.ino;
  for (const event of journal.query({ paths: [path], last: seq, order: "reverse" })) {
    if ("ino" in event)
      return event.kind === "rename" && event.to !== path && event.path !== path
        ? undefined
        : event.ino;
  }
  return undefined;
}
