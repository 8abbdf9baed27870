import {
  type Change,
  type Tapes,
  diffContent,
  expectingContents,
  modesOf,
  xattrChangesOf,
  sizesOf,
  tapeOf,
} from "../../history/index.ts";
import {
  type Printable,
  counted,
  formatMode,
  joined,
  printable,
  table,
  words,
} from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { changeHeading } from "./diff-text.ts";
import { redactedBytes, redactedField } from "./redacted-text.ts";

/** Returns the path of a change; for a removed entry its former path. */
export function placeOf({ path, from, change }: Change): string {
  return change === "removed" ? (from ?? path) : path;
}

/** Formats a change as git does: a letter, and for a rename the old path before the new one. */
export function statusLine(change: Change): Printable {
  if (change.from !== undefined && change.change !== "removed")
    return joined([words("R"), printable(change.from), printable(change.path)], "\t");
  return joined([letters[change.change], printable(placeOf(change))], "\t");
}

const letters: Readonly<Record<Change["change"], Printable>> = {
  added: words("A"),
  removed: words("D"),
  modified: words("M"),
  renamed: words("R"),
  "type-changed": words("T"),
};

/** Returns the object that `diff --json` prints of a change. */
export function changeJson(tapes: Tapes, change: Change): Readonly<Record<string, unknown>> {
  const { before, after } = sizesOf(change);
  const modes = modesOf(change);
  const attributes = xattrChangesOf(change);
  return {
    path: change.path,
    change: change.change,
    from: change.from,
    sizeBefore: before,
    sizeAfter: after,
    modeBefore: modes === undefined ? undefined : formatMode(modes.before),
    modeAfter: modes === undefined ? undefined : formatMode(modes.after),
    ...(attributes.length === 0 ? {} : { attributes }),
    ...redactedField(redactedBytes(tapes, change.before) + redactedBytes(tapes, change.after)),
  };
}

/** Prints the changed paths, with the number of changed lines of each. */
export function printStat(context: Context, tapes: Tapes, changes: readonly Change[]): void {
  const { out } = context;
  const each = expectingContents(changes, tapeOf(tapes));
  const rows = Array.from(each, (change): readonly Printable[] => {
    const diff =
      change.content === "same"
        ? undefined
        : diffContent(change.before, change.after, tapeOf(tapes));
    return diff?.kind === "text"
      ? [printable(`+${diff.added}`), printable(`-${diff.removed}`)]
      : [words(""), diff?.kind === "bytes" ? words("bytes") : words("")];
  });
  const counts = table(rows, [{ align: "right" }, { align: "right" }]);
  const width = Math.max(0, ...counts.map((text) => text.length));
  for (const [index, change] of changes.entries()) {
    const text = printable((counts[index] ?? "").padStart(width));
    out.text(out.paint("dim", text));
    out.text(words("  "));
    out.line(changeHeading(context, change));
  }
  if (changes.length > 0)
    context.talk.line(counted(changes.length, "path changed", "paths changed"));
}
