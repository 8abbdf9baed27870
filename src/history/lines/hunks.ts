import type { LineChanges } from "./changes.ts";
import type { TextLines } from "./text-lines.ts";

/** A line of a hunk, which is in both texts, removed, or added. `text` is without its newline. */
export interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
  readonly newline: boolean;
}

/** Changed lines with the lines around them. Line numbers start at 1. */
export interface Hunk {
  readonly beforeStart: number;
  readonly beforeLines: number;
  readonly afterStart: number;
  readonly afterLines: number;
  readonly lines: readonly DiffLine[];
}

/** Consecutive lines of one text that are alike in a hunk; the end is not included. */
export interface HunkPart {
  readonly sign: DiffLine["sign"];
  readonly from: TextLines;
  readonly start: number;
  readonly end: number;
}

/** Makes the hunks of a unified diff, with `context` lines around each change. */
export function hunksOf(
  before: TextLines,
  after: TextLines,
  changes: LineChanges,
  context: number,
): { readonly hunks: Hunk[]; readonly parts: (readonly HunkPart[])[] } {
  const hunks: Hunk[] = [];
  const partsOfAll: (readonly HunkPart[])[] = [];
  const open: Run[] = [];
  const close = (): void => {
    const [first, last] = [open[0], open.at(-1)];
    if (first === undefined || last === undefined) return;
    const lead = Math.min(context, first.start);
    const trail = Math.min(context, before.count - last.end);
    const parts = partsOf(before, after, open, lead, trail);
    let lines: readonly DiffLine[] | undefined;
    partsOfAll.push(parts);
    hunks.push({
      beforeStart: first.start - lead + 1,
      beforeLines: last.end + trail - (first.start - lead),
      afterStart: first.otherStart - lead + 1,
      afterLines: last.otherEnd + trail - (first.otherStart - lead),
      // Made when they are asked for: of a text that was rewritten there are very many.
      get lines() {
        return (lines ??= parts.flatMap(linesOf));
      },
    });
    open.length = 0;
  };
  for (const run of runsOf(changes)) {
    const last = open.at(-1);
    if (last !== undefined && run.start - last.end > 2 * context) close();
    open.push(run);
  }
  close();
  return { hunks, parts: partsOfAll };
}

/** Consecutive changed lines; the ends are not included. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly otherStart: number;
  readonly otherEnd: number;
}

function* runsOf({ removed, added }: LineChanges): Generator<Run> {
  let end = 0;
  let otherEnd = 0;
  while (end < removed.length || otherEnd < added.length) {
    const [start, otherStart] = [end, otherEnd];
    while (removed[end] === 1) end += 1;
    while (added[otherEnd] === 1) otherEnd += 1;
    if (end > start || otherEnd > otherStart) yield { start, end, otherStart, otherEnd };
    end += 1;
    otherEnd += 1;
  }
}

function partsOf(
  before: TextLines,
  after: TextLines,
  runs: readonly Run[],
  lead: number,
  trail: number,
): HunkPart[] {
  const parts: HunkPart[] = [];
  const push = (sign: DiffLine["sign"], from: TextLines, start: number, end: number): void => {
    if (start < end) parts.push({ sign, from, start, end });
  };
  let at = (runs[0]?.start ?? 0) - lead;
  for (const run of runs) {
    push(" ", before, at, run.start);
    push("-", before, run.start, run.end);
    push("+", after, run.otherStart, run.otherEnd);
    at = run.end;
  }
  push(" ", before, at, at + trail);
  return parts;
}

function linesOf({ sign, from, start, end }: HunkPart): DiffLine[] {
  return Array.from({ length: end - start }, (_, index) => ({
    sign,
    text: from.text(start + index),
    newline: hasNewline(from, start + index),
  }));
}

function hasNewline({ count, endsInNewline }: TextLines, index: number): boolean {
  return index < count - 1 || endsInNewline;
}

/** Returns the lines of a part as `diff -u` writes them, each with its sign. */
export function partText({ sign, from, start, end }: HunkPart): string {
  const marked = (text: string) => `${sign}${text.replaceAll("\n", `\n${sign}`)}`;
  const stop = hasNewline(from, end - 1) ? end - 1 : end;
  const last = stop === end ? "\n\\ No newline at end of file\n" : "\n";
  if (from.isShownWhole) {
    const to = from.starts[end] ?? 0;
    return `${marked(from.whole.slice(from.starts[start], stop === end ? to : to - 1))}${last}`;
  }
  const lines = Array.from({ length: end - start }, (_, index) => from.text(start + index));
  return `${marked(lines.join("\n"))}${last}`;
}

/** Returns the heading of a hunk, as in `diff -u`: an empty range names the line before it, a single line has no count. */
export function hunkHeading({ beforeStart, beforeLines, afterStart, afterLines }: Hunk): string {
  return `@@ -${rangeText(beforeStart, beforeLines)} +${rangeText(afterStart, afterLines)} @@`;
}

function rangeText(start: number, lines: number): string {
  if (lines === 0) return `${start - 1},0`;
  return lines === 1 ? String(start) : `${start},${lines}`;
}
