import type { Inode } from "../../fs/index.ts";
import {
  type Change,
  type ContentDiff,
  type DiffBudget,
  type Encoding,
  type Hunk,
  type Tapes,
  diffContent,
  hexRows,
  hunkHeading,
  modesOf,
  partText,
  xattrChangesOf,
  tapeOf,
  wordLines,
} from "../../history/index.ts";
import {
  type Printable,
  type Style,
  type Styled,
  counted,
  formatBytes,
  formatMode,
  joined,
  line,
  printable,
  printableName,
  words,
  phrase,
} from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { hexLine } from "./hex-text.ts";
import { redactedBytes } from "./redacted-text.ts";

const styles: Readonly<Record<Change["change"], Style>> = {
  added: "added",
  removed: "removed",
  modified: "changed",
  renamed: "moved",
  "type-changed": "changed",
};

/** Rows of a dump for one changed file. */
const mostRows = 12;

/** Prints the change of one path: a heading, then its changed lines or bytes. */
export function printChange(
  context: Context,
  tapes: Tapes,
  change: Change,
  options: BodyOptions = {},
): void {
  const { out } = context;
  out.line(changeHeading(context, change));
  printRedacted(context, tapes, change);
  if (change.content !== "same") printBody(context, tapes, change, options);
}

export interface BodyOptions {
  readonly budget?: Partial<DiffBudget>;
  /** Most lines that are shown; all by default. */
  readonly lines?: number;
  /** "words" shows which words of a line changed; "lines" by default. */
  readonly by?: "lines" | "words";
}

/** Prints the changed lines or bytes of one path. */
export function printBody(
  context: Context,
  tapes: Tapes,
  change: Change,
  { budget = {}, lines = Number.POSITIVE_INFINITY, by = "lines" }: BodyOptions = {},
): void {
  const { out } = context;
  const diff = diffContent(change.before, change.after, tapeOf(tapes), budget);
  switch (diff.kind) {
    case "none":
      return;
    case "target":
      if (diff.before !== "") out.line(signed(context, "-", printable(diff.before)));
      if (diff.after !== "") out.line(signed(context, "+", printable(diff.after)));
      return;
    case "text":
      printEncodings(context, diff.encodings);
      out.plain(
        out.paint("strong", fileLine("---", change.before, change.from ?? change.path, "a")),
      );
      out.plain(out.paint("strong", fileLine("+++", change.after, change.path, "b")));
      if (by === "words") printWords(context, diff.hunks);
      else if (out.isTerminal || lines < Number.POSITIVE_INFINITY)
        printHunks(context, diff.hunks, lines);
      else printParts(context, diff);
      return;
    case "unread":
      return out.line(out.paint("dim", words(unreadText[diff.side])));
    case "bytes":
      return printBytes(context, tapes, change, diff);
  }
}

const unreadText = {
  before:
    "its bytes before were never read, and the folder that they came from no longer has them as they were",
  after:
    "its bytes were never read, and the folder that they came from no longer has them as they were",
} as const;

/** Prints hunks for a machine, which gets all lines as they are. */
function printParts({ out }: Context, { hunks, parts }: ContentDiff & { kind: "text" }): void {
  for (const [index, hunk] of hunks.entries()) {
    out.plain(printable(hunkHeading(hunk)));
    for (const part of parts[index] ?? []) out.contentPart(partText(part));
  }
}

function printHunks(context: Context, hunks: readonly Hunk[], most: number): void {
  let left = most;
  let untold = 0;
  for (const hunk of hunks) {
    const lines = hunk.lines.slice(0, left);
    if (lines.length > 0) printHunk(context, { ...hunk, lines });
    left -= lines.length;
    untold += hunk.lines.length - lines.length;
  }
  const { out } = context;
  if (untold > 0) out.line(out.paint("dim", line`and ${counted(untold, "more line")}`));
}

/** Prints hunks as git diff --word-diff does. */
function printWords({ out }: Context, hunks: readonly Hunk[]): void {
  for (const hunk of hunks) {
    out.line(out.paint("moved", printable(hunkHeading(hunk))));
    for (const pieces of wordLines(hunk.lines)) {
      for (const { sign, text } of pieces) {
        if (sign === " ") out.contentPart(text);
        else if (sign === "-") out.contentPart(`[-${text}-]`, "removed");
        else out.contentPart(`{+${text}+}`, "added");
      }
      out.line(words(""));
    }
  }
}

function printRedacted({ out }: Context, tapes: Tapes, change: Change): void {
  for (const [when, inode] of [
    ["before", change.before],
    ["after", change.after],
  ] as const) {
    const bytes = redactedBytes(tapes, inode);
    if (bytes > 0)
      out.line(out.paint("dim", printable(`[redacted] ${when}: ${counted(bytes, "byte")}`)));
  }
}

/** Describes a path's change on one line, with its sizes. */
export function changeHeading({ out, glyphs }: Context, change: Change): Styled {
  const kind = out.paint(styles[change.change], printable(change.change.padEnd(8)));
  const path =
    change.from === undefined
      ? printableName(change.path)
      : line`${printableName(change.from)} ${out.paint("dim", glyphs.arrow)} ${printableName(change.path)}`;
  const target =
    change.after?.type === "symlink"
      ? line` ${out.paint("dim", glyphs.arrow)} ${printableName(change.after.target)}`
      : words("");
  const size = out.paint("dim", sizes(change, glyphs.arrow));
  const modes = modesOf(change);
  const mode =
    modes === undefined
      ? words("")
      : line`  ${words("mode")} ${formatMode(modes.before)} ${glyphs.arrow} ${formatMode(modes.after)}`;
  return line`${kind}  ${path}${target}  ${size}${mode}${attributes(change)}`.trimEnd() as Styled;
}

function attributes(change: Change): Printable {
  const changes = xattrChangesOf(change).map(({ attribute, change: how }) =>
    joined([printableName(attribute), words(how)]),
  );
  return changes.length === 0 ? words("") : phrase`  ${joined(changes, ", ")}`;
}

function sizes({ before, after, change }: Change, arrow: Printable): Printable {
  if (change === "type-changed") {
    return joined([words(before?.type ?? "file"), arrow, words(after?.type ?? "file")]);
  }
  const [was, is] = [sizeText(before), sizeText(after)];
  if (was === undefined || is === undefined || was === is) return is ?? was ?? words("");
  return joined([was, arrow, is]);
}

function sizeText(inode: Inode | undefined): Printable | undefined {
  if (inode === undefined) return undefined;
  return inode.type === "file" ? formatBytes(inode.content.size) : words(inode.type);
}

const encodingNames: Readonly<Record<Encoding, Printable>> = {
  "utf-8": words("UTF-8"),
  "latin-1": words("Latin-1"),
  "utf-16le": words("UTF-16, little-endian"),
  "utf-16be": words("UTF-16, big-endian"),
};

/** Names the encodings of a text if they changed: its lines may look the same. */
function printEncodings({ out, glyphs }: Context, [was, is]: readonly [Encoding, Encoding]): void {
  if (was === is) return;
  out.line(out.paint("dim", joined([encodingNames[was], glyphs.arrow, encodingNames[is]])));
}

function fileLine(sign: string, inode: Inode | undefined, path: string, side: string): Printable {
  return inode === undefined
    ? printable(`${sign} /dev/null`)
    : joined([printable(sign), printableName(`${side}${path}`)]);
}

/** Prints one hunk, with its heading. */
export function printHunk(context: Context, hunk: Hunk): void {
  const { out } = context;
  out.line(out.paint("moved", printable(hunkHeading(hunk))));
  for (const { sign, text, newline } of hunk.lines) {
    if (sign === " ") out.content(` ${text}`);
    else out.content(`${sign}${text}`, sign === "+" ? "added" : "removed");
    if (!newline) out.line(words("\\ No newline at end of file"));
  }
}

function printBytes(
  context: Context,
  tapes: Tapes,
  change: Change,
  diff: ContentDiff & { readonly kind: "bytes" },
): void {
  const { out } = context;
  const why = {
    binary: "not text",
    large: "too large to compare by lines",
  };
  const count = joined([
    counted(diff.ranges.length, "range"),
    words(diff.more ? "or more" : ""),
  ]).trimEnd();
  out.line(out.paint("dim", printable(`${why[diff.why]}; ${count} of bytes changed`)));
  let rows = 0;
  for (const row of hexRows(change.before, change.after, diff.ranges, tapeOf(tapes))) {
    if (rows === mostRows) {
      out.line(out.paint("dim", words("and more")));
      return;
    }
    rows += 1;
    const place = row.offset.toString(16).padStart(8, "0");
    const dump = (bytes: Uint8Array) => joined([printable(place), hexLine(bytes)], "  ");
    if (row.before.length > 0) out.line(signed(context, "-", dump(row.before)));
    if (row.after.length > 0) out.line(signed(context, "+", dump(row.after)));
  }
}

function signed({ out }: Context, sign: "-" | "+", text: Printable): Styled {
  return out.paint(sign === "+" ? "added" : "removed", joined([words(sign), text], ""));
}
