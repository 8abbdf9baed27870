import { existsSync } from "node:fs";

import type { Seq } from "../../../journal/index.ts";
import type { Tree } from "../../fs/index.ts";
import {
  type Change,
  type History,
  RevisionError,
  type Tapes,
  changesBetween,
  comparableTape,
  diffTrees,
  isAtOrBelow,
  lookup,
  tapeOf,
  whereabouts,
} from "../../history/index.ts";
import {
  type GitPatchOptions,
  changesToApply,
  gitPatch,
  gitPatchOf,
  unappliedAt,
} from "../../host/index.ts";
import { isGitRecord } from "../../findings/index.ts";
import { counted, joined, line, printable, words } from "../../text/index.ts";
import { revisionOf } from "../command/command.ts";
import type { Context } from "../command/context.ts";
import { UsageError } from "../command/failure.ts";
import { hintAt } from "./absence.ts";
import { isSameFile, journalMomentIn, requireJournal } from "./journal-moment.ts";
import { absolutePath } from "./moment.ts";
import { withHistory } from "./reading.ts";

/** The moments and paths that are compared. */
export interface Range {
  /** Undefined if none was given: compares unapplied changes then, or the last guest's. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly paths: readonly string[];
  readonly times: "ignore" | "include";
}

/** The differences between two moments, as changes or as a patch. */
export interface Comparison {
  readonly tapes: Tapes;
  readonly changes: () => readonly Change[];
  readonly patch: (options: GitPatchOptions) => Iterable<Uint8Array>;
}

/** Opens the journals of a range, compares the moments, and closes the journals when the work is done. */
export function withComparison<T>(
  context: Context,
  range: Range,
  body: (comparison: Comparison) => T,
): Promise<T> {
  const [from, to] = [range.from, range.to].map((text) =>
    text === undefined ? undefined : journalMomentIn(text),
  );
  if (!existsSync(context.journal)) {
    // The name of a missing journal is no revision of another missing one.
    if (from === undefined && range.from !== undefined) requireJournal(range.from);
    if (to === undefined && range.to !== undefined) requireJournal(range.to);
  }
  if (from === undefined && to === undefined)
    return withHistory(context, (history) => body(inOne(context, history, range)));
  const left = from?.file ?? context.journal;
  // One moment of another journal is compared with the end of that.
  const right = to?.file ?? (range.to === undefined ? left : context.journal);
  const moments = { from: from?.revision ?? range.from, to: to?.revision ?? range.to ?? "@" };
  const leftContext = contextOf(context, left);
  if (isSameFile(left, right))
    return withHistory(leftContext, (history) =>
      body(inOne(leftContext, history, { ...range, ...moments })),
    );
  return withHistory(leftContext, (before) =>
    withHistory(contextOf(context, right), (after) =>
      body(inTwo(before, after, { ...range, ...moments })),
    ),
  );
}

/** Returns the context for a journal; one that is fetched is so for the context's own alone. */
function contextOf({ remote, ...context }: Context, journal: string): Context {
  const isOwn = remote !== undefined && journal === context.journal;
  return { ...context, journal, ...(isOwn ? { remote } : {}) };
}

function inOne(context: Context, history: History, range: Range): Comparison {
  const { journal } = history;
  const { paths } = range;
  const isPlain = range.from === undefined && range.times === "ignore";
  const unapplied = isPlain ? unappliedIn(context, history, paths) : undefined;
  const withPaths = paths.length === 0 ? {} : { paths };
  if (unapplied !== undefined)
    return {
      tapes: journal,
      changes: () => unapplied,
      patch: (options) => gitPatchOf(unapplied, tapeOf(journal), { ...options, ...withPaths }),
    };
  const { from, to = "@" } = range.from === undefined ? lastRun(context, history) : range;
  const [before, after] = statesOf([history, from ?? "@"], [history, to], paths);
  return {
    tapes: journal,
    changes: () =>
      diffTrees(before, after, {
        readTape: comparableTape(journal),
        times: range.times,
        ...withPaths,
      }),
    patch: (options) => gitPatch(before, after, tapeOf(journal), { ...options, ...withPaths }),
  };
}

function inTwo(one: History, other: History, { from = "@", to = "@", paths, times }: Range) {
  if (times === "include")
    throw new UsageError("times of two journals are not compared", "leave --times out");
  const [before, after] = statesOf([one, from], [other, to], paths);
  const { tapes, changes, everyChange } = changesBetween(
    { history: one, tree: before },
    { history: other, tree: after },
    paths.length === 0 ? undefined : paths,
  );
  return {
    tapes,
    changes: () => changes,
    patch: (options: GitPatchOptions) => gitPatchOf(everyChange, tapeOf(tapes), options),
  };
}

type Side = readonly [History, string];

/** Returns the states of both sides. Throws UsageError for a path that neither has. */
function statesOf(
  [one, from]: Side,
  [other, to]: Side,
  paths: readonly string[],
): readonly [Tree, Tree] {
  const before = one.at(resolve(one, from));
  const last = resolve(other, to);
  const after = other.at(last);
  for (const path of paths) {
    if (lookup(before, path) !== undefined || lookup(after, path) !== undefined) continue;
    throw new UsageError(`there is no ${path} at ${from} nor at ${to}`, hintAt(other, path, last));
  }
  return [before, after];
}

/**
 * Returns the last guest's run, or the last other one that changed anything here; says which. What came in with an
 * import is the user's own, and nothing to look through.
 */
function lastRun(
  { talk }: Context,
  history: History,
): { readonly from: string; readonly to: string } {
  const runs = history.journal.runs();
  const last =
    runs.findLast(({ start }) => start.cause === "guest") ??
    runs.findLast(({ start }) => start.cause !== "import" && start.cause !== "apply");
  if (last === undefined && runs.length > 0) {
    talk.line(words("no program has run yet; rewindfs tree shows what came in"));
    return { from: "@", to: "@" };
  }
  if (last === undefined) return { from: "run:-1^", to: "run:-1" };
  if (last !== runs.at(-1)) talk.line(line`run ${last.run}, the last of a program, changed:`);
  return { from: `run:${last.run}^`, to: `run:${last.run}` };
}

/** Returns the changes not applied to the folders that they came from; undefined if there are none. */
function unappliedIn(
  { talk }: Context,
  history: History,
  paths: readonly string[],
): Change[] | undefined {
  const head = history.journal.head();
  const found = unappliedAt(history, head).flatMap(({ folder, ...rest }) => {
    if (!("plan" in rest)) return [];
    const changes = changesToApply(history, head, folder.host, {
      guest: folder.guest,
      git: "apply",
    });
    return changes.length === 0 ? [] : [{ host: folder.host, changes }];
  });
  if (found.length === 0) return undefined;
  const all = found.flatMap(({ changes }) => changes);
  const now = history.at(head);
  for (const path of paths) {
    if (lookup(now, path) !== undefined || all.some((change) => concerns(change, path))) continue;
    throw new UsageError(`there is no ${path}`, hintAt(history, path, head));
  }
  const asked = all.filter((change) =>
    paths.length === 0 ? !isGitRecord(change.path) : paths.some((top) => concerns(change, top)),
  );
  if (asked.length > 0) {
    const hosts = new Set(found.map(({ host }) => host));
    const named = joined(
      [...hosts].map((host) => printable(host)),
      ", ",
    );
    talk.line(line`not applied to ${named} yet:`);
  }
  const record = paths.length > 0 ? undefined : all.find(({ path }) => isGitRecord(path));
  if (record !== undefined) {
    const gits = record.path.slice(0, record.path.lastIndexOf("/.git/") + "/.git".length);
    const amount = counted(all.length - asked.length, "path");
    talk.line(
      line`left out ${amount} that git writes at each command; rewindfs diff -- ${printable(gits)} shows them`,
    );
  }
  return asked;
}

function concerns({ path, from = path }: Change, top: string): boolean {
  return isAtOrBelow(path, top) || isAtOrBelow(from, top);
}

/** Resolves a revision. Throws UsageError for a path in its place, and says where paths go. */
function resolve(history: History, text: string): Seq {
  try {
    return history.resolve(revisionOf(text));
  } catch (error) {
    if (!(error instanceof RevisionError) || error.code !== "syntax") throw error;
    requireJournal(text);
    const path = pathMeant(history, text);
    if (path === undefined) throw error;
    throw new UsageError(
      `"${text}" is not a revision`,
      `if it is a path, put it after --: rewindfs diff -- ${path}`,
    );
  }
}

/** Returns the path that a text in a revision's place may mean: as it is, or one that it is the end of. */
function pathMeant(history: History, text: string): string | undefined {
  const head = history.journal.head();
  const path = absolutePath(text);
  if (lookup(history.at(head), path) !== undefined) return text;
  const found = whereabouts(history, path, head);
  const near = found.kind === "unknown" ? found.near : undefined;
  if (near?.endsWith(path) === true) return near;
  return text.includes("/") || text.includes(".") ? text : undefined;
}
