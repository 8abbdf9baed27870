import { type Event, type Ino, type Journal, movesOf, type Seq } from "../../../journal/index.ts";
import type { Tree } from "../../fs/index.ts";
import { lookup } from "./view.ts";

/** Selects and orders the events. */
export interface FileHistoryOptions {
  readonly first?: number;
  readonly last?: number;
  readonly order?: "forward" | "reverse";
}

/** Yields every event that touched an inode, under all the names that it ever had. */
export function fileHistory(
  journal: Journal,
  ino: Ino,
  options: FileHistoryOptions = {},
): IterableIterator<Event> {
  return journal.query({ ...options, ino });
}

/**
 * Returns the inode of a path in a state, or else the last one that had the path before, so that a deleted file can be
 * asked about. Undefined for a path that never existed.
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
    if (!("ino" in event)) continue;
    const moves = movesOf(event);
    if (moves.length === 0) return event.ino;
    return (moves.find(({ to }) => to === path) ?? moves.find(({ from }) => from === path))?.ino;
  }
  return undefined;
}
