import { type Journal, type Seq } from "../../journal/index.ts";
import type { Tree } from "../../src/fs/index.ts";
import { type History, openHistory } from "../../src/history/index.ts";

/** Snapshots have to be made before a state can be shown; that takes a while, and is better done beside the screen. */
export class SnapshotsMissingError extends Error {
  override readonly name = "SnapshotsMissingError";
}

/** States of the past, and whether one can be had between two keys. */
export interface States {
  readonly history: History;
  tree(seq: Seq): Tree;
  isNear(seq: Seq): boolean;
  /** Makes a state that is not near, which may take a second. Throws SnapshotsMissingError where it would take many. */
  approach(seq: Seq): void;
}

/** Events that are replayed in the time of a few frames. */
const nearby = 2_048;
/** States that the history keeps before each that was asked for. */
const behind = 1_024;
/** States that the history keeps. */
const mostKept = 4;

/** `first` is the first moment that is left. */
export function openStates(journal: Journal, first: () => Seq): States {
  let patience: "long" | "short" = "long";
  const history = openHistory(journal, {
    onRebuild: () => {
      if (patience === "short") throw new SnapshotsMissingError("snapshots are missing");
    },
  });
  // The moments that were asked for last, the latest one last.
  const asked = new Set<Seq>();

  const tree = (seq: Seq): Tree => {
    // Also one that turns out to be damaged counts: asking again would not take longer.
    asked.delete(seq);
    asked.add(seq);
    if (asked.size > mostKept)
      for (const oldest of asked) {
        asked.delete(oldest);
        break;
      }
    return history.at(seq);
  };

  return {
    history,
    tree,
    isNear(seq) {
      if (seq <= first() + nearby) return true;
      for (const known of asked) if (seq >= known - behind && seq <= known + nearby) return true;
      return false;
    },
    approach(seq) {
      patience = "short";
      try {
        tree(seq);
      } catch (error) {
        if (error instanceof SnapshotsMissingError) asked.delete(seq);
        throw error;
      } finally {
        patience = "long";
      }
    },
  };
}
