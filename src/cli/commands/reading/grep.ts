import type { Journal, Seq } from "../../../../journal/index.ts";
import { type Tree, inodeOf, pathOf } from "../../../fs/index.ts";
import {
  Budget,
  type History,
  type HistoryMatch,
  type Match,
  type Pattern,
  grep,
  grepHistory,
  lookup,
  tapeOf,
  whereabouts,
} from "../../../history/index.ts";
import { boundedExpression } from "../../../host/index.ts";
import {
  type Printable,
  joined,
  line,
  printable,
  printableName,
  widthOf,
  withoutColors,
  words,
} from "../../../text/index.ts";
import { hintAt } from "../../asking/absence.ts";
import { binaryMatches } from "../../asking/binary-matches.ts";
import { type BoundOptions, boundFlag, parseBounds } from "../../asking/bounds.ts";
import {
  type Define,
  type ReadingOptions,
  collect,
  examples,
  readingOptions,
  revisionOf,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { NoAnswerError, UsageError, exits } from "../../command/failure.ts";
import { entryAt, guestPath } from "../../asking/moment.ts";
import { openProgress, percent } from "../../command/progress.ts";
import { withHistory } from "../../asking/reading.ts";
import { redactedBytes, redactedField } from "../../text/redacted-text.ts";

/** The lines of a file are written at different times, so a search reads all over the tape. */
const historyCacheBytes = 256 * 1024 * 1024;

interface Options extends ReadingOptions, BoundOptions {
  readonly at: string;
  readonly history?: true;
  readonly raw?: true;
  readonly ignoreCase?: true;
  readonly fixedStrings?: true;
  readonly filesWithMatches?: true;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("<pattern>", "a regular expression, tried on each line")
      .argument("[path]", "where to search", "/")
      .option("--at <rev>", "the moment to search; with --history, the last one", "@")
      .option(
        "--history",
        "every line that ever matched, with the events that added and removed it",
      )
      .option("--raw", "with --history: by single events, including saves that left the line alone")
      .option("-i, --ignore-case", "capital and small letters are the same")
      .option("-F, --fixed-strings", "the pattern is plain text")
      .option("-l, --files-with-matches", "only the paths of files that match, each once")
      .option("-n, --line-number", "the line's number; always shown")
      .option(...boundFlag, collect)
      .action((pattern: string, path: string, options: Options) =>
        act(options, (context) => search(context, pattern, guestPath(path), options)),
      ),
    [
      ["rewindfs grep TODO /src", "lines that hold it now"],
      ["rewindfs grep -il todo", "files that hold it, in capitals or not"],
      ["rewindfs grep --history password", "where it ever stood, and when it went"],
    ],
  );

function search(context: Context, text: string, path: string, options: Options): Promise<number> {
  const pattern = parsePattern(text, options);
  const budget = new Budget("the search", parseBounds(options));
  const limits = options.history === true ? { cacheBytes: historyCacheBytes } : {};
  return withHistory(
    context,
    (history) => {
      const { journal } = history;
      const { out } = context;
      const seq = history.resolve(revisionOf(options.at));
      let found = false;
      const unread = new Set<string>();
      const onUnread = (one: string): void => void unread.add(one);
      const told = new Set<string>();
      /** Tells if a match belongs to a file that is listed once by its path, and was. */
      const byPath = (at: string): boolean => {
        if (options.filesWithMatches !== true) return false;
        if (!told.has(at)) printPath(context, at, options.json === true);
        told.add(at);
        return true;
      };
      if (options.history === true) {
        const tree = history.at(seq);
        const isBinary = binaryMatches(history, seq);
        using progress = openProgress(context);
        const onProgress = (at: Seq) =>
          progress.show(() => joined([words("searching"), percent(at, seq)], " "));
        for (const match of grepHistory(
          journal,
          path,
          pattern,
          seq,
          onProgress,
          options.raw === true ? "events" : "saves",
          onUnread,
        )) {
          found = true;
          progress[Symbol.dispose]();
          const now = placeNow(tree, match);
          if (byPath(now)) continue;
          const kind = isBinary(match) ? "binary" : "text";
          // Of a binary file each span of time is told once.
          const span = `${match.ino} ${match.added?.seq} ${match.removed?.seq}`;
          if (kind === "binary" && told.has(span)) continue;
          told.add(span);
          if (options.json === true) out.json(historyJson(match, now, kind));
          else printHistory(context, match, now, kind);
        }
        if (!found) requireKnown(history, path, seq);
      } else {
        const { tree } = entryAt(history, path, options.at, "follow");
        for (const match of grep(tree, path, pattern, tapeOf(journal), budget, onUnread)) {
          found = true;
          if (byPath(match.path)) continue;
          const redacted = redactedIn(journal, tree, match);
          if (options.json === true) out.json({ ...matchJson(match), ...redactedField(redacted) });
          else printMatch(context, match, redacted > 0 ? words(" [redacted]") : words(""));
        }
      }
      tellUnread(context, [...unread]);
      return found ? exits.done : exits.no;
    },
    limits,
  );
}

/** Names the files that could not be searched. */
function tellUnread({ talk }: Context, paths: readonly string[]): void {
  const [first] = paths;
  if (first === undefined) return;
  const more = paths.length === 1 ? words("") : line` and ${paths.length - 1} more`;
  talk.line(
    line`rewindfs: not searched, as the bytes were never read and the host no longer has them: ${printableName(first)}${more}`,
  );
}

function printPath({ out }: Context, path: string, asJson: boolean): void {
  if (asJson) out.json({ path });
  else out.plain(out.paint("moved", printableName(path)));
}

/** Returns the present path of a line's file if the line still exists, else its path then. */
function placeNow(tree: Tree, { path, ino, removed }: HistoryMatch): string {
  if (removed !== undefined || lookup(tree, path)?.ino === ino) return path;
  return (inodeOf(tree, ino)?.names.length ?? 0) === 0 ? path : pathOf(tree, ino);
}

/** Rejects a path where nothing can match: no result would say little. Throws NoAnswerError. */
function requireKnown(history: History, path: string, last: Seq): void {
  if (lookup(history.at(last), path) !== undefined) return;
  const found = whereabouts(history, path, last);
  if (found.kind !== "unknown") return;
  throw new NoAnswerError(`there never was a ${path}`, hintAt(history, path, last));
}

function parsePattern(text: string, { ignoreCase, fixedStrings }: Options): Pattern {
  if (fixedStrings === true && ignoreCase !== true) return text;
  const source =
    fixedStrings === true ? text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`) : text;
  try {
    return boundedExpression(new RegExp(source, ignoreCase === true ? "iu" : "u"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(
      `${text} is no regular expression: ${error.message}`,
      "-F takes it as plain text",
      text,
    );
  }
}

function matchJson(match: Match): Readonly<Record<string, unknown>> {
  const { path, ino } = match;
  if (match.kind === "binary") return { path, ino, binary: true };
  return { path, ino, line: match.line, start: match.start, text: match.text };
}

/** Counts the redacted bytes of a line, or of a file that is no text. */
function redactedIn(journal: Journal, tree: Tree, match: Match): number {
  const inode = inodeOf(tree, match.ino);
  if (match.kind === "binary") return redactedBytes(journal, inode);
  return redactedBytes(journal, inode, match.start, match.start + Buffer.byteLength(match.text));
}

const notText = words("matches, and is not text");

function printMatch({ out }: Context, match: Match, note: Printable): void {
  const path = out.paint("moved", printableName(match.path));
  if (match.kind === "binary") {
    out.line(line`${path}: ${notText}${note}`);
    return;
  }
  out.text(line`${path}:${match.line}:${note} `);
  out.content(match.text);
}

/** `now`: the file's path at the end, if the line still exists. */
function historyJson(
  { path, ino, start, text, added, removed }: HistoryMatch,
  now: string,
  kind: "text" | "binary",
): Readonly<Record<string, unknown>> {
  return {
    path,
    now: now === path ? undefined : now,
    ino,
    ...(kind === "binary" ? { binary: true } : { start, text }),
    added: added?.seq,
    addedBy: added?.run,
    removed: removed?.seq,
    removedBy: removed?.run,
  };
}

function printHistory(
  { out, glyphs }: Context,
  { path, text, added, removed }: HistoryMatch,
  now: string,
  kind: "text" | "binary",
): void {
  const from = added === undefined ? "folded" : `#${added.seq}`;
  const span =
    removed === undefined
      ? out.paint("added", printable(`${from}-now`))
      : out.paint("removed", printable(`${from}-#${removed.seq}`));
  const place =
    now === path
      ? printableName(path)
      : joined([printableName(path), glyphs.arrow, printableName(now)]);
  const head = line`${span}  ${out.paint("moved", place)}:`;
  if (kind === "binary") return out.line(line`${head} ${notText}`);
  if (widthOf(withoutColors(head)) < out.columns) out.text(line`${head} `);
  else {
    out.line(head);
    out.text(words("    "));
  }
  out.content(text);
}
