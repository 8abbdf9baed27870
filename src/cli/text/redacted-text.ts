import type { Journal } from "../../../journal/index.ts";
import type { File, Inode, Tree } from "../../fs/index.ts";
import { lookup, redactedRanges, walk } from "../../history/index.ts";
import {
  type Printable,
  type Styled,
  counted,
  describeBytes,
  line,
  printableName,
  words,
} from "../../text/index.ts";
import type { Context } from "../command/context.ts";

/** Counts the redacted bytes of a file, from `start` to `end`; 0 for anything but a file. */
export function redactedBytes(
  journal: Pick<Journal, "redacted">,
  inode: Inode | undefined,
  start?: number,
  end?: number,
): number {
  if (inode?.type !== "file") return 0;
  return redactedRanges(journal, inode, start, end).reduce(
    (sum, range) => sum + range.end - range.start,
    0,
  );
}

/** Returns a JSON field for a reading command; none if nothing is redacted. */
export function redactedField(bytes: number): { readonly redacted?: number } {
  return bytes === 0 ? {} : { redacted: bytes };
}

/** Warns on stderr that a file's contents are not all that was written. */
export function warnRedacted(context: Context, journal: Journal, file: File, path: string): void {
  const bytes = redactedBytes(journal, file);
  if (bytes > 0) context.talk.line(redactedLine(path, bytes));
}

function redactedLine(path: string, bytes: number): Styled {
  return line`rewindfs: ${describeBytes(bytes)} of ${printableName(path)} ${redactedWords(bytes)}`;
}

function redactedWords(bytes: number): Printable {
  return bytes === 1
    ? words('is redacted: a letter of the word "redacted" stands in its place')
    : words('are redacted: the word "redacted" stands in their place');
}

/** Warns on stderr of redacted files below a path, before they are taken out of the journal. */
export function warnRedactedBelow(
  context: Context,
  journal: Journal,
  tree: Tree,
  path: string,
): void {
  const top = lookup(tree, path, "follow");
  if (top === undefined || journal.redacted(0, Number.MAX_SAFE_INTEGER).length === 0) return;
  let files = 0;
  for (const { path: at, inode } of walk(tree, top, path)) {
    const bytes = redactedBytes(journal, inode);
    if (bytes === 0) continue;
    files += 1;
    if (files <= mostNamed) context.talk.line(redactedLine(at, bytes));
  }
  if (files > mostNamed)
    context.talk.line(
      line`rewindfs: and ${counted(files - mostNamed, "more file is", "more files are")} redacted`,
    );
}

/** Warns once for all states: files that are redacted in some of them are not listed. */
export function warnRedactedEver({ talk }: Context, journal: Journal): void {
  const spans = journal.redacted(0, Number.MAX_SAFE_INTEGER);
  if (spans.length === 0) return;
  const bytes = spans.reduce((sum, { length }) => sum + length, 0);
  talk.line(
    line`rewindfs: ${describeBytes(bytes)} of ${counted(spans.length, "write")} ${redactedWords(bytes)}`,
  );
}

const mostNamed = 10;
