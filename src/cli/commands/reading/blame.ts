import type { Journal, Seq } from "../../../../journal/index.ts";
import type { File } from "../../../fs/index.ts";
import {
  Processes,
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
  describeBytes,
  formatClock,
  formatCount,
  line,
  pad,
  printable,
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
  readonly lines?: string;
  readonly raw?: true;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("<path>", "a file")
      .option("--at <rev>", "the moment to look at", "@")
      .option("-L, --lines <from,to>", "only these lines; 10,+5 is five of them, 10 all from there")
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
      ["rewindfs blame -L 40,60 /src/app.py", "only these lines"],
      ["rewindfs blame /data.bin --bytes 0-512", "which events wrote the first 512 bytes"],
    ],
  ).addHelpText(
    "after",
    "\n#23+1 means that event 23 was the last to write a part of the line, and one other wrote the rest.",
  );

/** A longer file is listed by bytes. */
const mostText = 8 * 1024 * 1024;

function tellWho(context: Context, path: string, options: Options): Promise<number> {
  if (options.bytes !== undefined && options.lines !== undefined)
    throw new UsageError("--bytes and --lines ask for different ranges", "give one of them");
  return withHistory(context, (history) => {
    const { journal } = history;
    const { seq, inode } = fileAt(history, path, options.at);
    const range = options.bytes === undefined ? undefined : parseRange(options.bytes, inode);
    const bytes = inode.content.size > mostText ? undefined : readRange(inode, tapeOf(journal));
    const encoding = bytes === undefined ? undefined : encodingOf(bytes);
    const ends =
      bytes === undefined || encoding === undefined ? undefined : lineEnds(bytes, encoding);
    const lines =
      options.lines === undefined
        ? undefined
        : parseLines(options.lines, ends, { path, size: inode.content.size });
    const spans =
      options.raw === true
        ? blame(journal, inode, seq, range?.start, range?.end)
        : authors(context, journal, inode, seq, range);
    warnRedacted(context, journal, inode, path);
    if (options.json === true) {
      printJson(context, journal, inode, within(spans, lines, ends), ends);
    } else if (bytes === undefined || ends === undefined || range !== undefined) {
      printSpans(context, journal, inode, spans);
    } else {
      printLines(context, decodeText(bytes) ?? "", ends, spans, lines);
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

/** Lines of a file, counted from 1; both are included. */
interface Lines {
  readonly first: number;
  readonly last: number;
}

/** Parses a range of lines as git does: 40,60 or 40,+20 or 40 (up to the end) or ,60. Throws UsageError. */
function parseLines(
  text: string,
  ends: readonly number[] | undefined,
  { path, size }: { readonly path: string; readonly size: number },
): Lines {
  if (ends === undefined) {
    const message = `${path} is not listed by lines`;
    const byRange = "--bytes takes a range of bytes";
    if (size <= mostText) throw new UsageError(`${message}: it is not text`, byRange);
    throw new UsageError(
      `${message}: it has ${describeBytes(size)}, and no more than ${describeBytes(mostText)} is`,
      `${byRange}; rewindfs grep --history TEXT finds the event that wrote a line`,
    );
  }
  const range = /^(\d{1,15})?(?:,(?:(\+)?(\d{1,15}))?)?$/.exec(text);
  if (range === null || text === "" || text === ",")
    throw new UsageError(`--lines ${text} is no range`, "for example --lines 40,60 or 40,+20");
  const [, from, plus, to] = range;
  const first = from === undefined ? 1 : Number(from);
  const end = plus === undefined ? Number(to) : first + Number(to) - 1;
  const last = to === undefined ? ends.length : end;
  if (first < 1 || last < first || first > ends.length)
    throw new UsageError(
      `--lines ${text} holds none of the file's ${ends.length} lines`,
      "from the first up to and with the last, counted from 1",
    );
  return { first, last: Math.min(last, ends.length) };
}

/** Cuts spans to some lines. */
function within(
  spans: readonly Span[],
  lines: Lines | undefined,
  ends: readonly number[] | undefined,
): readonly Span[] {
  if (lines === undefined || ends === undefined) return spans;
  const start = ends[lines.first - 2] ?? 0;
  const end = ends[lines.last - 1] ?? 0;
  return spans.flatMap((span) =>
    span.end <= start || span.start >= end
      ? []
      : [{ ...span, start: Math.max(span.start, start), end: Math.min(span.end, end) }],
  );
}

function printJson(
  { out }: Context,
  journal: Journal,
  file: File,
  spans: readonly Span[],
  ends: readonly number[] | undefined,
): void {
  const processes = new Processes(journal);
  for (const { start, end, seq, run, source, save } of spans) {
    const [firstLine, lastLine] = [start, end - 1].map((at) =>
      ends === undefined ? undefined : lineAt(ends, at),
    );
    const redacted = redactedField(redactedBytes(journal, file, start, end));
    const hole = source === "hole" ? true : undefined;
    const folded = source === "folded" ? true : undefined;
    const event = source === "folded" ? undefined : journal.event(seq);
    const process = event === undefined ? undefined : processes.by(event);
    const by = process === undefined ? undefined : { process: process.number, args: process.args };
    out.json({ start, end, seq, run, by, firstLine, lastLine, save, hole, folded, ...redacted });
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
  { first: firstShown, last: lastShown }: Lines = { first: 1, last: Number.POSITIVE_INFINITY },
): void {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const numberWidth = String(Math.min(lines.length, lastShown)).length;
  const rows: {
    readonly number: number;
    readonly author: readonly Printable[];
    readonly text: string;
  }[] = [];
  let at = 0;
  let first = 0;
  for (const [index, content] of lines.entries()) {
    const end = ends[index] ?? at;
    while ((spans[first]?.end ?? Number.POSITIVE_INFINITY) <= at) first += 1;
    const writers = writersOf(spans, first, end);
    at = end;
    if (index + 1 < firstShown || index + 1 > lastShown) continue;
    const latest = writers.toSorted((one, other) => other.seq - one.seq)[0];
    if (latest === undefined) continue;
    const others = new Set(writers.map(({ seq, save }) => save?.[0] ?? seq)).size - 1;
    const isFolded = latest.source === "folded";
    const more = others === 0 ? "" : `+${others}`;
    const author = printable(`${isFolded ? "up to " : ""}#${latest.seq}${more}`);
    const run = isFolded ? words("folded") : printable(`run ${latest.run}`);
    rows.push({
      number: index + 1,
      author: [author, run, formatClock(latest.time)],
      text: content,
    });
  }
  const whos = table(
    rows.map(({ author }) => author),
    [{ align: "right" }, {}, {}],
  );
  for (const [index, row] of rows.entries()) {
    const number = pad(printable(String(row.number)), numberWidth, "right");
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
