import type { Part } from "../../src/host/index.ts";
import { formatMode, phrase, words } from "../../src/text/index.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import type { BytesPerRow } from "../draw/hex-rows.ts";
import { type Line, guestSpans, span } from "../draw/line.ts";
import { type Rows, message } from "../draw/rows.ts";
import type { Recording } from "../recording/recording.ts";
import type { Review, ReviewRow } from "../state/review.ts";
import { byteRows, hunkRows } from "./diff-rows.ts";
import { neverRead } from "./never-read.ts";

/** Lists the change of the row under the cursor: one hunk, or the whole file's. */
export function reviewRows(
  recording: Recording,
  { head }: Review,
  { file, part }: ReviewRow,
  { glyphs, perRow }: { readonly glyphs: Glyphs; readonly perRow: BytesPerRow },
): Rows {
  const { change } = file.offer;
  const { before, after } = change;
  const headers: readonly [Line, Line] = [titleOf(file.offer, glyphs), factsOf(file, part, glyphs)];
  if (part?.kind === "hunk") return hunkRows([part.hunk], headers, nowhere, glyphs);
  if (part?.kind === "mode" || part?.kind === "rename") return message(headers, []);
  if (before?.type === "directory" || after?.type === "directory") return message(headers, []);
  const diff = recording.contentDiff(before, after, `review ${head} ${file.offer.path}`);
  switch (diff.kind) {
    case "none":
      return message(headers, [[span(words("The content is the same."), "dim")]]);
    case "target":
      return message(headers, [
        [
          span(glyphs.minus, "removed"),
          span(words(" ")),
          ...guestSpans(glyphs.guest(diff.before), "removed"),
        ],
        [span(words("+ "), "added"), ...guestSpans(glyphs.guest(diff.after), "added")],
      ]);
    case "text": {
      const hunks = file.parts.flatMap((one) => (one.kind === "hunk" ? [one.hunk] : []));
      return hunkRows(hunks.length > 0 ? hunks : diff.hunks, headers, nowhere, glyphs);
    }
    case "unread":
      return message(headers, [neverRead]);
    case "bytes":
      return byteRows(recording, diff, { before, after, to: head, perRow }, headers, glyphs);
  }
}

const nowhere = () => undefined;

function titleOf({ change, path }: ReviewRow["file"]["offer"], glyphs: Glyphs): Line {
  if (change.change !== "renamed") return guestSpans(glyphs.name(path), "strong");
  return [
    ...guestSpans(glyphs.name(change.from ?? ""), "dim"),
    span(phrase` ${glyphs.to} `, "dim"),
    ...guestSpans(glyphs.name(path), "strong"),
  ];
}

function factsOf(
  { offer, warning }: ReviewRow["file"],
  part: Part | undefined,
  glyphs: Glyphs,
): Line {
  const { after } = offer.change;
  const mode = part?.kind === "mode" ? part : offer.parts.find((one) => one.kind === "mode");
  return [
    span(words(`${kindNames[offer.change.change]}  `), "dim"),
    ...(after?.type === "symlink"
      ? [
          span(glyphs.to),
          span(words(" ")),
          ...guestSpans(glyphs.guest(after.target)),
          span(words("  ")),
        ]
      : []),
    ...(mode === undefined
      ? []
      : [span(phrase`mode ${formatMode(mode.before)} ${glyphs.to} ${formatMode(mode.after)}  `)]),
    ...(warning === undefined ? [] : guestSpans(glyphs.guest(`! ${warning}`), "refused")),
  ];
}

const kindNames = {
  added: "added",
  removed: "removed",
  modified: "modified",
  renamed: "renamed",
  "type-changed": "another type",
} as const;
