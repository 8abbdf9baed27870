import type { Seq } from "../../journal/index.ts";
import { type Change, sizesOf } from "../../src/history/index.ts";
import {
  type Printable,
  formatBytes,
  formatCount,
  joined,
  pad,
  words,
  phrase,
} from "../../src/text/index.ts";
import { shortPath, shortRename } from "../draw/cells.ts";
import { rangeText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { type Line, guestSpans, span } from "../draw/line.ts";
import type { Recording } from "../recording/recording.ts";
import { type Rows, message, titleOf } from "../draw/rows.ts";
import { letterOf } from "./tree-rows.ts";

/** Selects what is compared: the path, the two moments, and if the first is a pin. */
export interface ChangeView {
  readonly path: string;
  readonly from: Seq;
  readonly to: Seq;
  readonly since: "pin" | "run" | "now";
  /** Cells of a row. */
  readonly columns: number;
}

const rolesOfLetters = { A: "added", M: "changed", D: "removed", R: "moved" } as const;

/** Lists the paths at and below a directory that differ between two moments. */
export function changeRows(
  recording: Recording,
  { path, from, to, since, columns }: ChangeView,
  glyphs: Glyphs,
): Rows {
  const changes = recording.changes(from, to, path);
  const headers: readonly [Line, Line] = [
    titleOf(path, columns, glyphs),
    [
      span(joined([since === "run" ? runText(recording, to) : sinceTexts[since], words(" ")])),
      span(rangeText(from, to, glyphs), "dim"),
    ],
  ];
  if (changes.length === 0) {
    const isApply = since === "run" && recording.runAt(to)?.start.cause === "apply";
    // Each fits beside the other panels at 80 columns.
    const more = isApply ? [[span(words("An apply changes a folder outside."))]] : [];
    return message(headers, [[span(words("Nothing changed in here."))], ...more]);
  }
  const prefix = path === "/" ? "/" : `${path}/`;
  const below = (whole: string): Printable =>
    glyphs.name(whole.startsWith(prefix) && prefix !== "/" ? whole.slice(prefix.length) : whole);
  const width = Math.max(...changes.slice(0, 1_000).map((one) => amountOf(one, glyphs).length));
  return {
    headers,
    count: changes.length,
    line: (row) => {
      const change = changes[row];
      if (change === undefined) return [];
      const letter = letterOf[change.change];
      const amount = pad(amountOf(change, glyphs), width, "right");
      const room = Math.max(8, columns - 2 - width - 2);
      const shown =
        change.from !== undefined && change.change === "renamed"
          ? shortRename(below(change.from), below(change.path), room, glyphs)
          : shortPath(below(change.path), room, glyphs.cut);
      return [
        span(phrase`${words(letter)} `, rolesOfLetters[letter]),
        span(phrase`${amount}  `, "dim"),
        ...guestSpans(shown),
      ];
    },
    target: (row) => {
      const change = changes[row];
      return change === undefined ? undefined : { kind: "path", path: change.path };
    },
    footer: (row) => phrase`${formatCount(row + 1)} of ${formatCount(changes.length)} changed`,
    start: 0,
  };
}

const sinceTexts = { pin: words("since the pin"), now: words("from now to then") } as const;

/** Names the run that changed it, and says if it has ended: "what run 2 changed so far". */
function runText(recording: Recording, to: Seq): Printable {
  const run = recording.runAt(to);
  if (run === undefined) return words("before the first run");
  const isOver = run.end !== undefined && to >= run.last;
  return joined([phrase`what run ${run.run} changed`, ...(isOver ? [] : [words("so far")])]);
}

/** Returns the size of a file before and after, or its other type. */
function amountOf(change: Change, { to }: Glyphs): Printable {
  const inode = change.after ?? change.before;
  if (inode?.type === "directory") return words("dir");
  if (inode?.type === "symlink") return words("link");
  const { before, after } = sizesOf(change);
  const sizes = [before, after].filter((size) => size !== undefined).map(formatBytes);
  const isSame = sizes.length === 2 && sizes[0] === sizes[1];
  return joined(isSame ? sizes.slice(1) : sizes, ` ${to} `);
}
