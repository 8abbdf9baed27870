import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { RunKind } from "../../../../journal/index.ts";
import { timeIn } from "../../../history/index.ts";
import type { FoundRun, JournalEntry, RunSearch } from "../../../fleet/client/index.ts";
import {
  counted,
  formatBytes,
  formatCount,
  line,
  printable,
  table,
  truncateEnd,
  widthOf,
  words,
} from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  collect,
  examples,
  readingOptions,
  revisionOf,
  separateRest,
} from "../../command/command.ts";
import { commandLineOf } from "../../command/command-line.ts";
import type { Context } from "../../command/context.ts";
import { parseCount } from "../../command/count.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { openProgress } from "../../command/progress.ts";
import { type DepotChoice, askingReach, depotOf, depotOptions } from "../../fleet/depot-options.ts";
import { parseLabel } from "../../run/labels.ts";
import { requireId } from "./pull.ts";

interface Options extends ReadingOptions, DepotChoice {
  readonly refused?: string | true;
  readonly digest?: string;
  readonly file?: string;
  readonly label?: readonly string[];
  readonly guest?: string;
  readonly exit?: string;
  readonly since?: string;
  readonly until?: string;
  readonly id?: string;
  readonly last?: string;
  readonly all?: true;
  readonly journals?: true;
}

export const define: Define = (command, act) => {
  separateRest(command);
  return examples(
    depotOptions(readingOptions(command))
      .argument("[path]", "runs that changed it, or a path that this glob fits")
      .option("--refused [path]", "runs that were refused something, there or anywhere")
      .option("--digest <sha256>", "runs that left a file that they changed with these bytes")
      .option("--file <local>", "likewise, with the bytes of this file")
      .option("--label <name=text>", "runs with this label (repeatable)", collect)
      .option("--guest <glob>", "runs of this program")
      .option("--exit <code>", "runs that ended with it")
      .option("--since <time>", "runs that began then or later, such as 2026-01-31T12:00Z or -2d")
      .option("--until <time>", "runs that began before then")
      .option("--id <journal>", "runs of this journal")
      .option("-n, --last <count>", "so many at most; 100 unless given")
      .option("--all", "all of them")
      .option("--journals", "list all journals instead, the last that was received first")
      .action((path: string | undefined, options: Options) =>
        act(options, (context) => find(context, path, options)),
      ),
    [
      ["rewindfs find '/etc/**'", "runs that changed something there"],
      ["rewindfs find '*.pem' --since 2026-01-31", "or wrote a key"],
      ["rewindfs find --file virus.bin", "or left a file with the same bytes"],
      ["rewindfs find --refused", "or were refused something"],
      ["rewindfs find --label session=42 --json --all", "for a machine"],
    ],
  );
};

async function find(context: Context, path: string | undefined, options: Options): Promise<number> {
  if (options.journals === true) requireNoFilter(path, options);
  const search = { ...searchOf(context, path, options), ...(await digestOf(options)) };
  const most = mostOf(options);
  using progress = openProgress(context);
  const depot = await depotOf(context, options, { progress, reach: askingReach });
  const isOfJournals = options.journals === true;
  const shown: (FoundRun | JournalEntry)[] = [];
  const { found, isMore } = await collected(
    most,
    async (limit, after) => {
      if (isOfJournals) {
        const { journals, next } = await depot.journalsFrom(after);
        return { some: journals, next };
      }
      const from = after === undefined ? {} : { after };
      const { runs, next } = await depot.runsFrom({ ...search, limit, ...from });
      return { some: runs, next };
    },
    (one, count) => {
      if (options.json === true) context.out.json(one);
      else shown.push(one);
      progress.show(() => counted(count, isOfJournals ? "journal" : "run"));
    },
  );
  progress[Symbol.dispose]();
  if (shown.length > 0)
    if (isOfJournals) tellJournals(context, shown as readonly JournalEntry[]);
    else tellRuns(context, shown as readonly FoundRun[]);
  // A number that was asked for is no surprise.
  if (isMore && options.last === undefined)
    context.talk.line(
      line`These are the last ${found}, and there may be more: --all lists all, -n COUNT so many`,
    );
  if (found > 0) return exits.done;
  context.talk.line(
    isOfJournals
      ? words("no journal is there yet")
      : line`no run was found of those that ${printable(depot.url)} has`,
  );
  return exits.no;
}

/** Throws UsageError for what narrows a search of runs: a list of journals would have all of them nevertheless. */
function requireNoFilter(path: string | undefined, options: Options): void {
  const given = filters.find((name) => options[name] !== undefined);
  if (path === undefined && given === undefined) return;
  throw new UsageError(
    `find --journals lists all journals, and takes no ${given === undefined ? "path" : `--${given}`}`,
    "without --journals, each run that is found names its journal",
  );
}

const filters = [
  "refused",
  "digest",
  "file",
  "label",
  "guest",
  "exit",
  "since",
  "until",
  "id",
] as const satisfies readonly (keyof Options)[];

/** A part of an answer, and the place to go on from. */
interface Part {
  readonly some: readonly (FoundRun | JournalEntry)[];
  readonly next: string | undefined;
}

/** Asks for one part after the other until there are `most`, and hands on what is found. */
async function collected(
  most: number,
  ask: (limit: number, after: string | undefined) => Promise<Part>,
  onFound: (one: FoundRun | JournalEntry, count: number) => void,
): Promise<{ readonly found: number; readonly isMore: boolean }> {
  let found = 0;
  let empty = 0;
  let after: string | undefined;
  for (;;) {
    const { some, next } = await ask(Math.min(most - found, mostTogether), after);
    const taken = some.slice(0, most - found);
    for (const one of taken) onFound(one, (found += 1));
    if (found >= most) return { found, isMore: next !== undefined || taken.length < some.length };
    if (next === undefined) return { found, isMore: false };
    // A depot that goes on saying that there is more, and has nothing, would never come to an end.
    empty = some.length === 0 ? empty + 1 : 0;
    if (empty > mostEmpty) return { found, isMore: true };
    after = next;
  }
}

/** Most runs that a depot is asked for at once, and most that are found unless more are asked for. */
const mostTogether = 1_000;
const usual = 100;
/** Most parts without a run, one after the other: a depot looks at 20,000 runs for each. */
const mostEmpty = 1_000;

function mostOf({ last, all }: Options): number {
  if (last === undefined) return all === true ? Number.POSITIVE_INFINITY : usual;
  if (all === true) throw new UsageError("--all and -n both say how many", "give one of them");
  const most = parseCount("--last", last, "runs");
  if (most === 0) throw new UsageError("-n 0 asks for nothing", "for example -n 10, or --all");
  return most;
}

function searchOf(context: Context, path: string | undefined, options: Options): RunSearch {
  const { refused, label = [], guest, exit, since, until, id } = options;
  if (id !== undefined) requireId(id);
  const labels = Object.fromEntries(label.map((text) => parseLabel(text, "--label")));
  return {
    ...(path === undefined ? {} : { path }),
    ...(refused === undefined ? {} : { refused: refused === true ? "**" : refused }),
    ...(label.length === 0 ? {} : { labels }),
    ...(guest === undefined ? {} : { guest }),
    ...(exit === undefined ? {} : { exit: parseCount("--exit", exit, "an exit code") }),
    ...(since === undefined ? {} : { since: timeOf(context, "--since", since) }),
    ...(until === undefined ? {} : { until: timeOf(context, "--until", until) }),
    ...(id === undefined ? {} : { journal: id }),
  };
}

/** Returns the digest that is searched for. */
async function digestOf({ digest, file }: Options): Promise<Pick<RunSearch, "digest">> {
  if (digest !== undefined && file !== undefined)
    throw new UsageError("--digest and --file both say which bytes", "give one of them");
  if (file !== undefined) return { digest: await digestOfFile(file) };
  if (digest === undefined) return {};
  const text = digest.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new UsageError(
      `--digest ${digest} is no SHA-256`,
      "64 hex digits, as sha256sum writes them; or --file FILE",
    );
  return { digest: text };
}

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--file ${file} cannot be read: ${reason}`, "or give --digest SHA256");
  }
  return hash.digest("hex");
}

/** Reads a time as other commands do: an age, a time of day, a local time, a day, or RFC 3339. Throws UsageError. */
function timeOf({ now }: Context, option: string, given: string): string {
  const text = revisionOf(given);
  const time = /^\d{4}-\d{2}/.test(text) ? Date.parse(text) : sinceThen(text, now());
  if (Number.isNaN(time) || Math.abs(time) > 8.64e15)
    throw new UsageError(
      `${option} ${text} is no time`,
      "for example 2026-01-31, 2026-01-31T12:00Z, or -1h for an hour ago",
    );
  return new Date(time).toISOString();
}

/** Returns the milliseconds of an age like -5m, or a time of day; NaN for another text. */
function sinceThen(text: string, now: bigint): number {
  const isOfDay = /^\d\d:\d\d:\d\d$/.test(text);
  const exact = isOfDay ? `${text}.000000000` : text;
  const time = timeIn(exact, { now, start: () => 0n, end: () => now });
  return typeof time === "bigint" ? Number(time / 1_000_000n) : Number.NaN;
}

function tellRuns({ out, glyphs }: Context, found: readonly FoundRun[]): void {
  const header = ["started", "from", "journal", "run", "events", "refused", "exit"].map(printable);
  const rows = found.map((run) => [
    printable(run.started),
    printable(run.sender),
    printable(run.journal),
    printable(String(run.run)),
    formatCount(run.last - run.first + 1),
    formatCount(run.refused),
    printable(run.exit === null ? "" : String(run.exit)),
  ]);
  const right = { align: "right" } as const;
  const lines = table([header, ...rows], [{}, {}, {}, right, right, right, right]);
  for (const [index, text] of lines.entries()) {
    const run = found[index - 1];
    const shown =
      run === undefined
        ? printable("command")
        : commandLineOf({ ...run, cause: kinds.find((kind) => kind === run.kind) ?? "library" });
    const room = Math.max(out.columns - widthOf(printable(text)) - 2, 16);
    const row = line`${text}  ${truncateEnd(shown, room, glyphs.cut)}`;
    out.line(index === 0 ? out.paint("dim", row) : row);
    for (const path of run?.paths ?? []) out.line(line`    ${printable(path)}`);
  }
}

/** A run of a kind that a newer depot knows is shown by what it was given. */
const kinds: readonly RunKind[] = [
  "guest",
  "import",
  "apply",
  "restore",
  "undo",
  "redo",
  "redact",
  "gc",
  "library",
];

function tellJournals({ out }: Context, found: readonly JournalEntry[]): void {
  const header = ["journal", "received", "events", "size", "from", "name"].map(printable);
  const rows = found.map((one) => [
    printable(one.journal),
    printable(one.received),
    formatCount(one.events),
    formatBytes(one.bytes),
    printable(one.sender),
    printable(one.name),
  ]);
  const right = { align: "right" } as const;
  for (const [index, text] of table([header, ...rows], [{}, {}, right, right, {}, {}]).entries())
    out.line(index === 0 ? out.paint("dim", line`${text}`) : text);
}
