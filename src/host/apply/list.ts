import type { Ino } from "../../../journal/index.ts";
import { type Inode, type Tree, sameContent } from "../../fs/index.ts";
import type { Budget } from "../../history/index.ts";
import type { ChangedEntry } from "../versions/plan.ts";
import { toolFileAt } from "../disk/tool-files.ts";
import { Warnings } from "../disk/warning.ts";
import type { Verdict } from "./check.ts";

/** One path below the host's directory that changes. */
export interface AppliedChange {
  readonly path: string;
  readonly change: "added" | "removed" | "modified" | "type-changed" | "mode" | "times";
  readonly type: "file" | "directory" | "symlink" | "fifo" | "socket";
  /** Target of a symlink that comes. */
  readonly target?: string;
  /**
   * Why a person should look at it first: a tool of the host acts on it by itself, or it leads out of the directory.
   */
  readonly warning?: string;
  /** Set if git ignores the path on the host, or .rewindignore names it. */
  readonly ignored?: true;
  /** Given if only a part of a file comes. */
  readonly extent?: "part";
  /**
   * "already": the host has the change. "conflict": the path was changed on both sides. "left": the change cannot be
   * made on this host.
   */
  readonly host: "changes" | "already" | "conflict" | "left";
}

/** Everything needed to list changes. */
export interface Listing {
  readonly tree: Tree;
  readonly top: Inode;
  readonly verdicts: ReadonlyMap<ChangedEntry, Verdict>;
  readonly budget: Budget;
  /** Files that go, with their paths, by inode. */
  readonly gone?: ReadonlyMap<Ino, { readonly path: string; readonly inode: Inode }>;
  /** Files that come in part. */
  readonly parts?: ReadonlyMap<string, unknown>;
  /** Paths that git ignores on the host. */
  readonly ignored?: ReadonlySet<string>;
}

/** Lists changes for people, each directory before its entries. Throws BudgetError. */
export function* listChanges(
  entries: readonly ChangedEntry[],
  plan: Listing,
  above: string,
  depth: number,
  inherited: "do" | "leave" | "already" = "do",
  warnings = new Warnings(plan.tree, plan.top),
): Generator<AppliedChange> {
  for (const entry of entries) {
    const { change, before, after } = entry;
    plan.budget.path(depth);
    const path = `${above}${entry.name}`;
    const verdict = plan.verdicts.get(entry) ?? inherited;
    const isShown = change !== "within" || verdict === "overwrite" || verdict === "leave";
    if (isShown && verdict !== "skip") {
      if (change !== "times" && change !== "mode" && after?.type === "file")
        plan.budget.bytes(after.content.mapped);
      const warning =
        change === "times" || change === "mode" || isMoved(plan, path, entry)
          ? undefined
          : warnings.of({ path, before, after });
      yield {
        path,
        change: change === "within" ? "modified" : change,
        type: (after ?? before)?.type ?? "file",
        host: fates[verdict],
        ...(after?.type === "symlink" ? { target: after.target } : {}),
        ...(plan.parts?.has(path) === true ? { extent: "part" as const } : {}),
        ...(warning === undefined ? {} : { warning: warning.reason }),
        ...(plan.ignored?.has(path) === true ? { ignored: true as const } : {}),
      };
    }
    // A change below a path that is left alone has no place to go to.
    const isGone = verdict === "already" && after === undefined;
    const below =
      verdict === "leave" || verdict === "overwrite" ? "leave" : isGone ? "already" : "do";
    yield* listChanges(entry.entries, plan, `${path}/`, depth + 1, below, warnings);
  }
}

/** Tells if a file that tools act on was one before and only moved: the program wrote nothing of it. */
function isMoved({ gone }: Listing, path: string, { before, after }: ChangedEntry): boolean {
  const from = before === undefined && after !== undefined ? gone?.get(after.ino) : undefined;
  if (from?.inode.type !== "file" || after?.type !== "file") return false;
  const reason = toolFileAt(from.path)?.reason;
  return (
    reason !== undefined &&
    reason === toolFileAt(path)?.reason &&
    sameContent(from.inode.content, after.content)
  );
}

/** Returns the files that go, anywhere in the tree. */
export function goneIn(
  entries: readonly ChangedEntry[],
  above = "",
  found = new Map<Ino, { readonly path: string; readonly inode: Inode }>(),
): Map<Ino, { readonly path: string; readonly inode: Inode }> {
  for (const { name, before, after, entries: inside } of entries) {
    const path = `${above}${name}`;
    if (before !== undefined && after === undefined) found.set(before.ino, { path, inode: before });
    goneIn(inside, `${path}/`, found);
  }
  return found;
}

const fates = {
  do: "changes",
  already: "already",
  overwrite: "conflict",
  leave: "left",
  keep: "left",
} as const;
