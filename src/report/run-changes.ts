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

/** Returns the changes of a run that a page shows, and the number of paths that it leaves out. */
export function changesOf(
  journal: Journal,
  span: RunSpan,
  authors: LineAuthors,
): { readonly changes: readonly ChangeData[]; readonly leftOut: number } {
  const all = diffTrees(span.before, span.after, { readTape: comparableTape(journal) });
  const changes = all
    .slice(0, mostChanges)
    .map((change) => changeData(journal, span, change, authors));
  return { changes, leftOut: all.length - changes.length };
}

function changeData(
  journal: Journal,
  span: RunSpan,
  change: Change,
  authors: LineAuthors,
): ChangeData {
  const { path, from } = change;
  const { hunks, note } = comparisonOf(journal, span, change, authors);
  return {
    run: span.run,
    path: printableName(path),
    ...(from === undefined || from === path ? {} : { from: printableName(from) }),
    change: change.change,
    note: [sizesText(change), modesText(change), ...attributesText(change), note]
      .filter((text) => text !== "")
      .join(", "),
    ...(hunks === undefined ? {} : { hunks }),
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
  { first, last }: RunSpan,
  { path, before, after, content }: Change,
  authors: LineAuthors,
): { readonly hunks?: readonly HunkData[]; readonly note: string } {
  if (content === "same" || (before ?? after)?.type === "directory") return { note: "" };
  const diff = diffContent(before, after, tapeOf(journal), { bytes: mostCompared });
  if (diff.kind === "bytes")
    return { note: diff.why === "binary" ? "not text" : "too large to be compared here" };
  if (diff.kind === "unread") return { note: "never read before it changed" };
  if (diff.kind !== "text") return { note: "" };
  const note = `+${diff.added} −${diff.removed}`;
  let left = mostLines;
  const by = authors.of(
    path,
    { inode: before, seq: (first - 1) as Seq },
    { inode: after, seq: last },
    diff.hunks,
  );
  const hunks = diff.hunks.flatMap((hunk, index) => {
    const data = hunkData(hunk, left, by[index]);
    left -= data.lines.length;
    return data.lines.length === 0 ? [] : [data];
  });
  return left > 0 ? { hunks, note } : { hunks, note: `${note}, the first ${mostLines} lines` };
}

function hunkData(hunk: Hunk, most: number, by: readonly number[] | undefined): HunkData {
  return {
    heading: hunkHeading(hunk),
    lines: hunk.lines.slice(0, most).map(({ sign, text }) => sign + lineText(text)),
    ...(by === undefined ? {} : { by }),
  };
}

/** Makes a line visible, keeps its tabs, and cuts it if it is very long. */
function lineText(text: string): string {
  const cut = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
  return cut.split("\t").map(printable).join("\t");
}
