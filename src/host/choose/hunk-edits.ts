import type { DiffLine, Hunk } from "../../history/index.ts";

/** Lines of one text that replace lines of another. Line numbers count from 0; ends are exclusive. */
export interface LineEdit {
  readonly beforeStart: number;
  readonly beforeEnd: number;
  readonly afterStart: number;
  readonly afterEnd: number;
}

/** An edit, and the lines of its hunk that show it. */
interface ShownEdit extends LineEdit {
  readonly start: number;
  readonly end: number;
}

/** Returns the edits of a hunk in order: each begins and ends at lines that stay. */
export function editsOf(hunk: Hunk): readonly LineEdit[] {
  return shownEdits(hunk);
}

/** Number of unchanged lines shown around a hunk that was split. */
const context = 3;

/** Splits a hunk into one for each of its edits; unchanged lines between two edits are shown in both. */
export function splitHunk(hunk: Hunk): readonly Hunk[] {
  const edits = shownEdits(hunk);
  return edits.map((edit, index) => {
    const from = edits[index - 1]?.end ?? 0;
    const to = edits[index + 1]?.start ?? hunk.lines.length;
    return part(hunk, edit, Math.max(from, edit.start - context), Math.min(to, edit.end + context));
  });
}

/**
 * Returns a hunk without the unchanged lines before its first edit: two hunks split from one and rewritten by hand must
 * not share a line.
 */
export function withoutLead(hunk: Hunk): Hunk {
  const [edit] = shownEdits(hunk);
  return edit === undefined ? hunk : part(hunk, edit, edit.start, hunk.lines.length);
}

function part(hunk: Hunk, edit: ShownEdit, start: number, end: number): Hunk {
  const lines = hunk.lines.slice(start, end);
  const lead = edit.start - start;
  return {
    beforeStart: edit.beforeStart - lead + 1,
    beforeLines: countOf(lines, "+"),
    afterStart: edit.afterStart - lead + 1,
    afterLines: countOf(lines, "-"),
    lines,
  };
}

/** Counts the lines with another sign than `other`. */
function countOf(lines: readonly DiffLine[], other: DiffLine["sign"]): number {
  return lines.filter(({ sign }) => sign !== other).length;
}

function shownEdits({ beforeStart, afterStart, lines }: Hunk): ShownEdit[] {
  const edits: ShownEdit[] = [];
  let [before, after] = [beforeStart - 1, afterStart - 1];
  for (let at = 0; at < lines.length;) {
    const start = at;
    const [removedFrom, addedFrom] = [before, after];
    for (let sign = lines[at]?.sign; sign === "-" || sign === "+"; sign = lines[at]?.sign) {
      if (sign === "-") before += 1;
      else after += 1;
      at += 1;
    }
    if (at > start) {
      edits.push({
        beforeStart: removedFrom,
        beforeEnd: before,
        afterStart: addedFrom,
        afterEnd: after,
        start,
        end: at,
      });
      continue;
    }
    before += 1;
    after += 1;
    at += 1;
  }
  return edits;
}
