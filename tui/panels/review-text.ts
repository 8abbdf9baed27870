import type { Hunk } from "../../src/history/index.ts";
import { type Offer, type Part, editsOf } from "../../src/host/index.ts";
import {
  type Printable,
  counted,
  formatCount,
  formatMode,
  phrase,
  words,
} from "../../src/text/index.ts";
import { shortPath, shortRename } from "../draw/cells.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { bytesPerRow } from "../draw/hex-rows.ts";
import type { Size } from "../draw/layout.ts";
import { type Line, type Span, guestSpans, lineWidth, span } from "../draw/line.ts";
import { centred } from "../draw/overlay-box.ts";
import { type Block, type PanelText, framed } from "../draw/panel-text.ts";
import { reviewHeights, reviewLayout } from "../draw/review-layout.ts";
import type { Recording } from "../recording/recording.ts";
import { reviewRows } from "../rows/review-rows.ts";
import { type Review, type ReviewRow, countsOf, rowsOf, tick } from "../state/review.ts";
import { letterRoles } from "./tree-text.ts";

/** Builds the list of choices, the diff of the row under the cursor, and over both the question at the end. */
export function reviewBlocks(
  review: Review,
  recording: Recording,
  size: Size,
  glyphs: Glyphs,
): readonly Block[] {
  const areas = reviewLayout(size);
  const heights = reviewHeights(size);
  const rows = rowsOf(review);
  const isChoosing = review.step === "choose";
  const blocks = [
    ...framed(
      "review",
      listText(review, rows, { height: heights.list, width: areas.list.width - 3 }, glyphs),
      areas.list,
      isChoosing,
      glyphs,
    ),
    ...framed(
      "review diff",
      diffText(
        review,
        rows[review.place.row],
        recording,
        { ...areas.diff, lines: heights.diff },
        glyphs,
      ),
      areas.diff,
      false,
      glyphs,
    ),
  ];
  if (isChoosing) return blocks;
  const { area, text } = questionOver(review, size, glyphs);
  return [...blocks, ...framed("over", text, area, true, glyphs)];
}

function listText(
  review: Review,
  rows: readonly ReviewRow[],
  { height, width }: { readonly height: number; readonly width: number },
  glyphs: Glyphs,
): PanelText {
  const { place, folder } = review;
  const { taken, all } = countsOf(review);
  const shown = rows.slice(place.first, place.first + height);
  const counts = span(
    phrase`${formatCount(taken.parts)} of ${formatCount(all.parts)} changes, ${formatCount(taken.files)} of ${counted(all.files, "file")}`,
    "dim",
  );
  return {
    title: [span(words("Apply to "), "title"), ...guestSpans(glyphs.name(folder.host), "title")],
    corner:
      review.folders > 1
        ? [span(phrase`folder ${review.folderIndex + 1} of ${review.folders}`, "dim")]
        : [],
    headers: [],
    rows: shown.map((row, index) => [
      span(place.first + index === place.row ? glyphs.cursor : words(" ")),
      ...rowLine(review, row, width, glyphs),
    ]),
    cursor: place.row - place.first,
    footer: [...conflictsLine(review, width - lineWidth([counts]), glyphs), counts],
  };
}

/** Counts the conflicts, and names the first where there is room. */
function conflictsLine({ conflicts }: Review, width: number, { name, cut }: Glyphs): Line {
  const [first] = conflicts;
  if (first === undefined) return [];
  const count = span(phrase`${counted(conflicts.length, "conflict")} left`, "warning");
  const room = width - lineWidth([count]) - 8;
  if (room < leastName) return [count, span(words("  "))];
  const rest = conflicts.length > 1 ? phrase`, ${cut}  ` : words("  ");
  const path = shortPath(name(first.path), room, cut);
  return [count, span(words(": "), "warning"), ...guestSpans(path, "warning"), span(rest)];
}

const leastName = 12;

const boxes = { all: words("[x] "), some: words("[~] "), none: words("[ ] ") } as const;

function rowLine(review: Review, row: ReviewRow, width: number, glyphs: Glyphs): Line {
  const box = span(boxes[tick(review, row)], tick(review, row) === "none" ? "plain" : "strong");
  const { file, part, number } = row;
  if (part !== undefined) {
    const place = phrase`${number}/${file.parts.length} `;
    return [span(words("    ")), box, span(place, "dim"), ...partSpans(part, glyphs)];
  }
  const { change } = file.offer;
  const letter = letterOf(file.offer);
  return [
    box,
    span(phrase`${words(letter)} `, letterRoles[letter]),
    ...(file.warning === undefined ? [] : [span(words("! "), "refused")]),
    ...guestSpans(offerText(file.offer, review.folder.guest, width - 9, glyphs)),
    ...(change.after?.type === "directory" ? [span(words("/"))] : []),
    ...(change.after?.type === "symlink"
      ? [
          span(phrase` ${glyphs.to} `, "dim"),
          ...guestSpans(glyphs.guest(change.after.target), "dim"),
        ]
      : []),
  ];
}

/** Writes the path of a change, its end for certain, and both names of a rename. */
function offerText(
  { path, change, within }: Offer,
  folder: string,
  room: number,
  glyphs: Glyphs,
): Printable {
  const { from } = change;
  if (change.change !== "renamed" || from === undefined || within !== undefined)
    return shortPath(glyphs.name(path), room, glyphs.cut);
  const prefix = folder === "/" ? "/" : `${folder}/`;
  const before = from.startsWith(prefix) ? from.slice(prefix.length) : from;
  return shortRename(glyphs.name(before), glyphs.name(path), room, glyphs);
}

/** Returns the letter of a change; entries of a renamed directory count as modified. */
function letterOf({ change, within }: Offer): "A" | "D" | "M" | "R" {
  return within === undefined ? letters[change.change] : "M";
}

const letters = {
  added: "A",
  removed: "D",
  modified: "M",
  renamed: "R",
  "type-changed": "M",
} as const;

function partSpans(part: Part, glyphs: Glyphs): readonly Span[] {
  switch (part.kind) {
    case "hunk": {
      const { hunk } = part;
      const count = (sign: string) => hunk.lines.filter((line) => line.sign === sign).length;
      const edits = editsOf(hunk).length;
      return [
        span(phrase`line ${formatCount(firstLine(hunk))}  `),
        span(phrase`+${formatCount(count("+"))} `, "added"),
        span(phrase`${glyphs.minus}${formatCount(count("-"))}`, "removed"),
        ...(edits > 1 ? [span(phrase`  ${edits} edits`, "dim")] : []),
      ];
    }
    case "mode":
      return [span(phrase`mode ${formatMode(part.before)} ${glyphs.to} ${formatMode(part.after)}`)];
    case "rename":
      return [span(words("rename"))];
    case "addition":
    case "deletion":
    case "link":
    case "content":
    case "type":
      return [span(words("content"))];
  }
}

/** Returns the line of the text after at which the change begins. */
function firstLine({ afterStart, lines }: Hunk): number {
  return afterStart + lines.findIndex(({ sign }) => sign !== " ");
}

function diffText(
  review: Review,
  row: ReviewRow | undefined,
  recording: Recording,
  { width, lines }: { readonly width: number; readonly lines: number },
  glyphs: Glyphs,
): PanelText {
  const empty = { title: [], corner: [], headers: [], rows: [], cursor: -1, footer: [] };
  if (row === undefined) return empty;
  const rows = reviewRows(recording, review, row, { glyphs, perRow: bytesPerRow(width - 3) });
  const last = Math.max(0, rows.count - lines);
  const first = Math.min(review.diffFirst, last);
  const shown = Array.from({ length: Math.min(lines, rows.count - first) }, (_, index) => [
    span(words(" ")),
    ...rows.line(first + index),
  ]);
  const more = rows.count - first - shown.length;
  return {
    ...empty,
    title: [span(words("Diff"), "title")],
    headers: rows.headers.map((line) => [span(words(" ")), ...line]),
    rows: shown,
    footer: more > 0 ? [span(phrase`${counted(more, "more line")}: J`, "dim")] : [],
  };
}

/** Number of paths listed in the question. */
const mostAsked = 8;

function questionOver(review: Review, size: Size, glyphs: Glyphs) {
  const { taken, all } = countsOf(review);
  const files = review.files.filter((file) => file.parts.some((part) => review.taken.has(part)));
  const lines: Line[] = files.slice(0, mostAsked).map((file) => {
    const isPart = tick(review, { file, number: 0 }) === "some";
    const letter = letterOf(file.offer);
    return [
      span(phrase`   ${words(letter)} `, letterRoles[letter]),
      ...guestSpans(
        offerText(
          file.offer,
          review.folder.guest,
          Math.min(size.columns - 4, questionWidth) - 18,
          glyphs,
        ),
      ),
      ...(isPart ? [span(words("  in part"), "dim")] : []),
    ];
  });
  const more = files.length - lines.length;
  const left = all.parts - taken.parts;
  const host = guestSpans(glyphs.name(review.folder.host), "strong");
  if (review.step === "applying")
    return centred(size, questionWidth, words("Apply"), [
      [],
      [span(words(" Verifying the journal, then writing to ")), ...host],
      [],
    ]);
  return centred(size, questionWidth, words("Apply"), [
    [span(phrase` Apply ${counted(taken.parts, "change")} to `), ...host, span(words("?"))],
    [],
    ...lines,
    ...(more > 0 ? [[span(phrase`   and ${counted(more, "more file")}`, "dim")]] : []),
    [],
    ...(left > 0
      ? [[span(phrase` ${counted(left, "change")} left out: offered again next time.`)]]
      : []),
    ...(review.conflicts.length > 0
      ? [
          [
            span(
              phrase` ${counted(review.conflicts.length, "conflict")}: what both sides changed stays as it is.`,
              "warning",
            ),
          ],
        ]
      : []),
    [span(words(" It is recorded; rewindfs apply DIR --undo takes it back."))],
    [],
    [
      span(words(" y"), "key"),
      span(words(" apply     ")),
      span(words("n"), "key"),
      span(words(" or Esc back")),
    ],
  ]);
}

const questionWidth = 70;
