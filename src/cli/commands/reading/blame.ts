import type { Journal, Seq } from "../../../../journal/index.ts";
import type { File } from "../../../fs/index.ts";
import {
  Saves,
  type Span,
  blame,
  blameContent,
  decodeText,
  encodingOf,
  lineEnds,
  readRange,
  tapeOf,
} from "../../../history/index.ts";
import {
  type Printable,
  formatClock,
  formatCount,
  line,
  pad,
  printable,
  printableJson,
  table,
  words,
} from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits, tellProblem } from "../../command/failure.ts";
import { fileAt } from "../../asking/moment.ts";
import { withHistory } from "../../asking/reading.ts";
import { redactedBytes, redactedField, warnRedacted } from "../../text/redacted-text.ts";

interface Options extends ReadingOptions {
  readonly at: string;
  readonly bytes?: string;
  readonly raw?: true;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("<path>", "a file")
      .option("--at <rev>", "the moment to look at", "@")
      .option(
        "-b, --bytes <start-end>",
        "by bytes and not by lines, from start up to and without end",
      )
      .option("--raw", "the event that wrote them last, even if a save left them unchanged")
      .action((path: string, options: Options) =>
        act(options, (context) => tellWho(context, path, options)),
      ),
    [
      ["rewindfs blame /src/app.py", "which event wrote each line"],
      ["rewindfs blame /data.bin --bytes 0-512", "which events wrote the first 512 bytes"],
    ],
  );

/** A longer file is listed by bytes. */
const mostText = 8 * 1024 * 1024;

function tellWho(context: Context, path: string, options: Options): Promise<number> {
  return withHistory(context, (history) => {
    const { journal } = history;
    const { seq, inode } = fileAt(history, path, options.at);
    const range = options.bytes === undefined ? undefined : parseRange(options.bytes, inode);
    const spans =
      options.raw === true
        ? blame(journal, inode, seq, range?.start, range?.end)
        : authors(context, journal, inode, seq, range);
    const bytes = inode.content.size > mostText ? undefined : readRange(inode, tapeOf(journal));
    const encoding = bytes === undefined ? undefined : encodingOf(bytes);
    warnRedacted(context, journal, inode, path);
    if (options.json === true) {
      const ends =
        bytes === undefined || encoding === undefined ? undefined : lineEnds(bytes, encoding);
      printJson(context, journal, inode, spans, ends);
    } else if (bytes === undefined || encoding === undefined || range !== undefined) {
      printSpans(context, journal, inode, spans);
    } else {
      printLines(context, decodeText(bytes) ?? "", lineEnds(bytes, encoding), spans);
    }
    return exits.done;
  });
}

/** Lists who first wrote the lines of a file, or the bytes of a range. */
function authors(
  { talk }: Context,
  journal: Journal,
  file: File,
  seq: Seq,
  range: { readonly start: number; readonly end: number } | undefined,
): readonly Span[] {
  const options = range === undefined ? {} : { ...range, by: "bytes" as const };
  const { spans, isCut } = blameContent(new Saves(journal), file, seq, options);
  if (isCut)
    tellProblem(talk, {
      message: "not all saves of this file were compared: some lines may be older than shown",
      hint: "--at <rev> asks at an earlier moment, --raw shows who wrote the present bytes",
    });
  return spans;
}

function parseRange(text: string, { content }: File): { start: number; end: number } {
  const [, first, last] = /^(\d{1,15})-(\d{0,15})$/.exec(text) ?? [];
  if (first === undefined)
    throw new UsageError(`--bytes ${text} is no range`, "for example --bytes 0-512");
  const isBackwards = last !== "" && Number(last) < Number(first);
  if (isBackwards || (Number(first) >= content.size && content.size > 0))
    throw new UsageError(
      `--bytes ${text} holds none of the file's ${content.size} bytes`,
      "from the first up to and without the last, counted from 0",
    );
  const end = Math.min(last === "" ? content.size : Number(last), content.size);
  const start = Math.min(Number(first), end);
  return { start, end };
}

function printJson(
  { out }: Context,
  journal: Journal,
  file: File,
  spans: readonly Span[],
  ends: readonly number[] | undefined,
): void {
  for (const { start, end, seq, run, source, save } of spans) {
    const [firstLine, lastLine] = [start, end - 1].map((at) =>
      ends === undefined ? undefined : lineAt(ends, at),
    );
    const redacted = redactedField(redactedBytes(journal, file, start, end));
    const hole = source === "hole" ? true : undefined;
    const folded = source === "folded" ? true : undefined;
    out.line(
      printableJson({ start, end, seq, run, firstLine, lastLine, save, hole, folded, ...redacted }),
    );
  }
}

/** Returns the number, from 1 on, of a byte's line. */
function lineAt(ends: readonly number[], place: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}

function printSpans({ out }: Context, journal: Journal, file: File, spans: readonly Span[]): void {
  const rows = spans.map(({ start, end, seq, run, time, source }): Printable[] => [
    printable(source === "folded" ? `up to #${seq}` : `#${seq}`),
    source === "folded" ? words("folded") : printable(`run ${run}`),
    formatClock(time),
    printable(`${start}-${end}`),
    formatCount(end - start),
    source === "hole"
      ? words("never written")
      : words(redactedBytes(journal, file, start, end) > 0 ? "[redacted]" : ""),
  ]);
  const columns = [
    { align: "right" },
    {},
    { style: (cell: Printable) => out.paint("dim", cell) },
    { align: "right" },
    { align: "right" },
    {},
  ] as const;
  for (const text of table(rows, columns)) out.line(text);
}

/** Prints each line with the latest event that wrote part of it; `+2` says that two others wrote the rest. */
function printLines(
  { out }: Context,
  text: string,
  ends: readonly number[],
  spans: readonly Span[],
): void {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const numberWidth = String(lines.length).length;
  const rows: { readonly author: readonly Printable[]; readonly text: string }[] = [];
  let at = 0;
  let first = 0;
  for (const [index, content] of lines.entries()) {
    const end = ends[index] ?? at;
    while ((spans[first]?.end ?? Number.POSITIVE_INFINITY) <= at) first += 1;
    const writers = writersOf(spans, first, end);
    at = end;
    const latest = writers.toSorted((one, other) => other.seq - one.seq)[0];
    if (latest === undefined) continue;
    const others = new Set(writers.map(({ seq, save }) => save?.[0] ?? seq)).size - 1;
    const isFolded = latest.source === "folded";
    const more = others === 0 ? "" : `+${others}`;
    const author = printable(`${isFolded ? "up to " : ""}#${latest.seq}${more}`);
    const run = isFolded ? words("folded") : printable(`run ${latest.run}`);
    rows.push({
      author: [author, run, formatClock(latest.time)],
      text: content,
    });
  }
  const whos = table(
    rows.map(({ author }) => author),
    [{ align: "right" }, {}, {}],
  );
  for (const [index, row] of rows.entries()) {
    const number = pad(printable(String(index + 1)), numberWidth, "right");
    out.text(out.paint("dim", line`${whos[index] ?? words("")}  ${number}  `));
    out.content(row.text);
  }
}

function writersOf(spans: readonly Span[], first: number, end: number): Span[] {
  const writers: Span[] = [];
  for (let index = first; index < spans.length; index += 1) {
    const span = spans[index];
    if (span === undefined || span.start >= end) break;
    writers.push(span);
  }
  return writers;
}
