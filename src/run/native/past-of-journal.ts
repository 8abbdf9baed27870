import { type Journal, type Seq } from "../../../journal/index.ts";
import type { Past } from "../../fuse/index.ts";
import {
  RevisionError,
  latestMarks,
  openHistory,
  resolveRevision,
  tapeOf,
} from "../../history/index.ts";

/** Milliseconds for which the newest state may be shown after it is no longer that. */
const staleMilliseconds = 100;

/** Returns the past of a journal for a mount: the state at a moment, or the newest, which may become another. */
export function pastOf(journal: Journal, at: Seq | "newest", now: () => bigint): Past {
  const history = openHistory(journal, { now });
  let shown = at === "newest" ? journal.head() : at;
  let tree = history.at(shown);
  let lookedAt = performance.now();
  return {
    changes: at === "newest" ? "sometimes" : "never",
    readTape: tapeOf(journal),
    now() {
      if (at !== "newest" || performance.now() - lookedAt < staleMilliseconds) return tree;
      const head = journal.head();
      if (head !== shown) tree = history.at(head);
      shown = head;
      lookedAt = performance.now();
      return tree;
    },
    moment(text) {
      try {
        const seq = resolveRevision(journal, text, now());
        return { seq, tree: history.at(seq) };
      } catch (error) {
        if (error instanceof RevisionError) return undefined;
        throw error;
      }
    },
    names: () => [
      "@",
      ...journal.runs().map(({ run }) => `run:${run}`),
      ...latestMarks(journal).map(({ name }) => `mark:${name}`),
    ],
  };
}
