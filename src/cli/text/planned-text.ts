import type { PlannedChange, Restored } from "../../history/index.ts";
import {
  type Style,
  counted,
  formatBytes,
  joined,
  line,
  printable,
  printableName,
  words,
} from "../../text/index.ts";
import type { Context } from "../command/context.ts";

const styles: Readonly<Record<PlannedChange["change"], Style>> = {
  added: "added",
  removed: "removed",
  modified: "changed",
  renamed: "moved",
  "type-changed": "changed",
  touched: "dim",
};

/**
 * Prints what was, or would be, restored, path by path; omissions go to stderr. `after` says how to go on afterwards.
 */
export function printRestored(
  context: Context,
  { changes, notes, done }: Restored,
  after: string,
): void {
  const { out, talk, glyphs } = context;
  for (const change of changes) {
    const kind = out.paint(styles[change.change], printable(change.change.padEnd(8)));
    const path = printableName(change.path);
    const place =
      change.from === undefined ? path : joined([printableName(change.from), glyphs.arrow, path]);
    out.line(line`${kind}  ${place}${sizesText(context, change)}`);
  }
  for (const { path, note } of notes) talk.line(line`${printableName(path)}: ${printable(note)}`);
  const paths = counted(changes.length, "path");
  if (done !== undefined) {
    talk.line(line`run ${done.run}: ${paths} put back; ${printable(after)}`);
  } else if (changes.length === 0) {
    talk.line(words("nothing to do: it is like that already"));
  } else {
    talk.line(line`${paths} would be put back; nothing was done`);
  }
}

function sizesText({ out, glyphs }: Context, { sizeBefore, sizeAfter, change }: PlannedChange) {
  if (change === "touched" || change === "type-changed") return words("");
  const sizes = [sizeBefore, sizeAfter].filter((size) => size !== undefined).map(formatBytes);
  const [one, other] = sizes;
  if (one === undefined) return words("");
  const text = other === undefined || other === one ? one : joined([one, glyphs.arrow, other]);
  return line`  ${out.paint("dim", text)}`;
}
