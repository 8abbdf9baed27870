import type { Journal, Seq } from "../../journal/index.ts";
import type { Tree } from "../fs/index.ts";
import {
  type Change,
  type Hunk,
  comparableTape,
  diffContent,
  diffTrees,
  hunkHeading,
  modesOf,
  xattrChangesOf,
  sizesOf,
  tapeOf,
} from "../history/index.ts";
import { formatBytes, formatMode, printable, printableName } from "../text/index.ts";
import type { ChangeData, HunkData } from "./format/data.ts";
import type { LineAuthors } from "./line-authors.ts";

/** Bounds the paths of a run, and the lines and characters of each path's difference. */
const mostChanges = 2_000;
const mostLines = 400;
const mostCharacters = 500;
const mostCompared = 1024 * 1024;

/** A run, with its first and last event and the states around it. */
export interface RunSpan {
  readonly run: number;
  readonly first: Seq;
  readonly last: Seq;
  readonly before: Tree;
  readonly after: Tree;
}

/** A change as a page shows it. */
export interface ShownChange {
  readonly data: ChangeData;
  /** Returns the change with who wrote its lines, which takes longer to find. */
  readonly withAuthors: (authors: LineAuthors) => ChangeData;
}

/** Returns the changes of a run that a page shows, made as they are taken, and the number of paths that it leaves out. */
export function changesOf(
  journal: Journal,
  span: RunSpan,
): { readonly changes: Iterable<ShownChange>; readonly count: number; readonly leftOut: number } {
  const all = diffTrees(span.before, span.after, { readTape: comparableTape(journal) });
  const some = all.slice(0, mostChanges);
  const changes = Iterator.from(some).map((change) => shown(journal, span, change));
  return { changes, count: some.length, leftOut: all.length - some.length };
}

function shown(journal: Journal, span: RunSpan, change: Change): ShownChange {
  const { path, from, before, after } = change;
  const { hunks, note } = comparisonOf(journal, change);
  const { data: kept, note: cut } = hunkDataOf(hunks);
  const data: ChangeData = {
    run: span.run,
    path: printableName(path),
    ...(from === undefined || from === path ? {} : { from: printableName(from) }),
    change: change.change,
    note: [sizesText(change), modesText(change), ...attributesText(change), note, cut]
      .filter((text) => text !== "")
      .join(", "),
    ...(kept === undefined ? {} : { hunks: kept }),
  };
  return {
    data,
    withAuthors(authors) {
      if (kept === undefined || hunks === undefined) return data;
      const was = { inode: before, seq: (span.first - 1) as Seq };
      const by = authors.of(path, was, { inode: after, seq: span.last }, hunks);
      const told = kept.map((hunk, index) => {
        const turns = by[index];
        return turns === undefined ? hunk : { ...hunk, by: turns };
      });
      return { ...data, hunks: told };
    },
  };
}

function sizesText(change: Change): string {
  const { type } = change.after ?? change.before ?? { type: "file" };
  if (type === "directory" || type === "fifo" || type === "socket") return wordOf[type];
  if (change.after?.type === "symlink") return `→ ${printableName(change.after.target)}`;
  const { before, after } = sizesOf(change);
  const texts = [before, after].flatMap((size) => (size === undefined ? [] : [formatBytes(size)]));
  return [...new Set(texts)].join(" → ");
}

const wordOf = { directory: "directory", fifo: "named pipe", socket: "socket" } as const;

function modesText(change: Change): string {
  const modes = modesOf(change);
  return modes === undefined ? "" : `mode ${formatMode(modes.before)} → ${formatMode(modes.after)}`;
}

function attributesText(change: Change): string[] {
  return xattrChangesOf(change).map(
    ({ attribute, change: how }) => `${printableName(attribute)} ${how}`,
  );
}

function comparisonOf(
  journal: Journal,
  { before, after, content }: Change,
): { readonly hunks?: readonly Hunk[]; readonly note: string } {
  if (content === "same" || (before ?? after)?.type === "directory") return { note: "" };
  const diff = diffContent(before, after, tapeOf(journal), { bytes: mostCompared });
  if (diff.kind === "bytes")
    return { note: diff.why === "binary" ? "not text" : "too large to be compared here" };
  if (diff.kind === "unread") return { note: "never read before it changed" };
  if (diff.kind !== "text") return { note: "" };
  return { hunks: diff.hunks, note: `+${diff.added} −${diff.removed}` };
}

/** Returns what a page has room for of the first hunks. */
function hunkDataOf(hunks: readonly Hunk[] | undefined): {
  readonly data?: readonly HunkData[];
  readonly note: string;
} {
  if (hunks === undefined) return { note: "" };
  let left = mostLines;
  const data: HunkData[] = [];
  for (const hunk of hunks) {
    if (left <= 0) break;
    const lines = hunk.lines.slice(0, left).map(({ sign, text }) => sign + lineText(text));
    left -= lines.length;
    data.push({ heading: hunkHeading(hunk), lines });
  }
  return { data, note: left > 0 ? "" : `the first ${mostLines} lines` };
}

/** Makes a line visible, keeps its tabs, and cuts it if it is very long. */
function lineText(text: string): string {
  const cut = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
  return cut.split("\t").map(printable).join("\t");
}
