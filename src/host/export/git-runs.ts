import type { Run, Seq } from "../../../journal/index.ts";
import { type Tree, emptyTree } from "../../fs/index.ts";
import { type History, lookup, runWords } from "../../history/index.ts";
import { type ChangedEntry, type Comparison, changedEntries } from "../versions/plan.ts";
import type { GitImport } from "../import/git-import.ts";
import { isSameForGit } from "../versions/modes.ts";

/** The runs that become commits. */
export interface RunsToCommit {
  readonly history: History;
  /** The directory whose entries are committed. */
  readonly path: string;
  /** The moment before the first commit, which the branch has reached; or nothing. */
  readonly after: Seq | "nothing";
  /** The last moment. */
  readonly until: Seq;
  readonly branch: string;
  /** The commit before the first one, as git names it. */
  readonly parent?: string;
  readonly comparison: Comparison;
  /** Reduces the first commit to what its parent lacks. */
  readonly reduced?: (entries: readonly ChangedEntry[]) => Promise<readonly ChangedEntry[]>;
  /** Returns lines that end a message. */
  readonly trailer?: (seq: Seq) => string;
  readonly onProgress?: (progress: { readonly runs: number; readonly commits: number }) => void;
}

/** Makes a commit for each run that changed files, and returns how many. */
export async function commitRuns(git: GitImport, wanted: RunsToCommit): Promise<number> {
  const { history, path, until, branch, comparison, trailer } = wanted;
  const { journal } = history;
  const folded = journal.base();
  let before: Tree = wanted.after === "nothing" ? emptyTree() : history.at(wanted.after);
  let commits = 0;
  let runs = 0;

  const commit = async (seq: Seq, time: bigint, message: string): Promise<void> => {
    const after = history.at(seq);
    const all = changedEntries(
      { tree: before, inode: lookup(before, path) },
      { tree: after, inode: lookup(after, path) },
      comparison,
    );
    before = after;
    const isFirst = commits === 0;
    const entries = isFirst && wanted.reduced !== undefined ? await wanted.reduced(all) : all;
    if (!hasFiles(entries)) return;
    commits += 1;
    const parent = isFirst && wanted.parent !== undefined ? { parent: wanted.parent } : {};
    const end = trailer === undefined ? "" : `\n${trailer(seq)}\n`;
    await git.commit({ branch, time, message: `${message}${end}`, entries, ...parent });
  };

  const start = wanted.after === "nothing" ? 0 : wanted.after;
  if (folded !== undefined && start < folded.seq)
    await commit(folded.seq, folded.time, `What was folded\n\nEvents: #1..#${folded.seq}\n`);
  for (const run of journal.runs()) {
    if (run.first > until) break;
    if (run.last <= Math.max(start, folded?.seq ?? 0)) continue;
    const seq = Math.min(run.last, until) as Seq;
    const time = run.end?.time ?? journal.event(seq)?.time ?? run.start.time;
    await commit(seq, time, messageOf(run, seq));
    runs += 1;
    wanted.onProgress?.({ runs, commits });
  }
  return commits;
}

/** Tells if there is anything in it that git keeps. */
function hasFiles(entries: readonly ChangedEntry[]): boolean {
  return entries.some(
    ({ before, after, change, entries: below }) =>
      (change !== "times" &&
        !isSameForGit(change, before, after) &&
        [before, after].some((inode) => inode !== undefined && inode.type !== "directory")) ||
      hasFiles(below),
  );
}

function messageOf({ run, start, end, first }: Run, last: Seq): string {
  const [word = "", ...rest] = runWords(start);
  const words = word === start.cause ? rest : [word, ...rest];
  const title = `run:${run} ${start.cause} ${words.map(quoted).join(" ")}`.trimEnd();
  const ending = end === undefined ? "It did not end." : `Exit: ${end.exit}`;
  const reason = end?.reason === undefined ? "" : `\nReason: ${quoted(end.reason)}`;
  return `${title}\n\nEvents: #${first}..#${last}\n${ending}${reason}\n`;
}

/** Quotes a word as JSON unless it is plain. */
function quoted(word: string): string {
  return /^[\w@%+=:,./~^#-]+$/.test(word) ? word : JSON.stringify(word);
}
