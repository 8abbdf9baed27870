import { type Event, type Journal, type Query, redactedWrites } from "../../../../journal/index.ts";
import { counted, line, words } from "../../../text/index.ts";
import { type SizeAfter, sizesAlong, sizesFrom } from "../../asking/event-sizes.ts";
import { following } from "../../asking/following.ts";
import { type ChosenEvents, eventsChosen, lastOf, tellNoPath } from "../../asking/log-query.ts";
import { patchPrinter } from "../../asking/log-patch.ts";
import { baseSizes, tellCompacted, withJournal } from "../../asking/reading.ts";
import {
  type Define,
  type ReadingOptions,
  collect,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { parseCount } from "../../command/count.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { type Paged, withPager } from "../../command/pager.ts";
import { parseLabel } from "../../run/labels.ts";
import { eventJson } from "../../text/event-json.ts";
import { logPrinter } from "../../text/log-lines.ts";

interface Options extends ReadingOptions {
  readonly run?: readonly string[];
  readonly label?: string;
  readonly path?: string;
  readonly op?: readonly string[];
  readonly by?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly format?: string;
  readonly follow?: true;
  readonly reverse?: boolean;
  readonly pager?: false;
  readonly raw?: true;
  readonly patch?: true;
  readonly failed?: true;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("[glob]", "the same as --path")
      .option(
        "-r, --run <n>",
        "only this run, -1 is the last, or those with label:NAME=TEXT (repeatable)",
        collect,
      )
      .option("--label <name=text>", "only the runs with this label")
      .option("-p, --path <glob>", "only events on paths like this, and below them")
      .option(
        "--op <name>",
        "only this operation, or one of several: write,rename (repeatable)",
        (text: string, names: readonly string[] | undefined) => [
          ...(names ?? []),
          ...text.split(","),
        ],
      )
      .option(
        "--by <process>",
        "only what a process did, or one that it started: its number, or a part of its command",
      )
      .option("--since <rev>", "only events after this moment")
      .option("--until <rev>", "only events up to this moment")
      .option("-n, --limit <n>", "only the last so many events")
      .option(
        "--format <name>",
        "for a machine: json, ocsf or otlp; docs/evidence.md has the fields",
      )
      .option("-f, --follow", "the last ten, or -n, and what comes from now on, until Ctrl+C")
      .option("--reverse", "the newest first, as on a terminal")
      .option("--no-reverse", "the oldest first, as in a pipe")
      .option("--no-pager", "no $PAGER between the list and the terminal")
      .option(
        "--failed",
        "show failed calls too: an open of a missing file, a mkdir of an existing directory",
      )
      .option("--patch", "the lines that each event changed, too")
      .option("--raw", "one line for each event, however many are alike")
      .action((glob: string | undefined, options: Options) =>
        act(options, (context) => log(context, withPath(options, glob))),
      ),
    [
      ["rewindfs log --run -1", "what the last run did"],
      ["rewindfs log --path '*.py' --op write", "every write to a Python file"],
      ["rewindfs log --patch /src/a.py", "each save of a file, as the lines that it changed"],
      ["rewindfs log -f --json | tool", "each event to another program as it happens"],
      ["rewindfs log --op refused --since -5m", "what was refused in the last five minutes"],
    ],
  );

function withPath(options: Options, glob: string | undefined): Options {
  if (glob === undefined) return options;
  if (options.path === undefined) return { ...options, path: glob };
  throw new UsageError(
    `there are two paths: ${options.path} and ${glob}`,
    "{a,b} in one pattern stands for either",
  );
}

function log(context: Context, options: Options): Promise<number> {
  checkForms(options);
  const format = formatOf(options);
  const isRead = context.out.isTerminal && format === "text" && options.follow !== true;
  return withJournal(context, async (journal) => {
    const chosen = await eventsChosen(context, journal, {
      ...options,
      ...runsOf(options),
      order: (options.reverse ?? isRead) ? "reverse" : "forward",
      failed:
        options.failed === true || options.raw === true || format !== "text" ? "shown" : "hidden",
      parts:
        options.raw === true || options.json === true || options.path !== undefined
          ? "shown"
          : "hidden",
      processes: options.raw === true || format !== "text" ? "shown" : "hidden",
    });
    if (chosen.queries.length === 0 && options.follow !== true) {
      await tellNoPath(context, journal, options.path ?? "");
      return exits.done;
    }
    const limit = limitOf(options);
    const queries = limit === undefined ? chosen.queries : lastOf(journal, chosen, limit);
    const base = journal.base()?.seq ?? 0;
    if (format === "text" && queries.some((query) => firstOf(journal, query) <= base))
      tellCompacted(context, journal);
    if (options.follow === true) return follow(context, journal, { chosen, queries }, options);
    if (!isRead || options.pager === false)
      return list({ context, drained: async () => {} }, journal, { chosen, queries }, options);
    return withPager(context, (paged) => list(paged, journal, { chosen, queries }, options));
  });
}

function runsOf({ run, label }: Options): { readonly run?: readonly string[] } {
  if (label === undefined) return run === undefined ? {} : { run };
  return { run: [...(run ?? []), `label:${parseLabel(label, "--label").join("=")}`] };
}

/** Throws UsageError for options that contradict each other. */
function checkForms(options: Options): void {
  const { patch, follow: follows, reverse, until } = options;
  const format = formatOf(options);
  if (patch === true && format !== "text")
    throw new UsageError(
      `--patch and --${format === "json" ? "json" : `format ${format}`} ask for different outputs`,
      "rewindfs diff --json tells of changes",
    );
  if (follows !== true) return;
  if (reverse === true)
    throw new UsageError("--follow lists events as they come", "leave --reverse out");
  if (until !== undefined)
    throw new UsageError("--follow has no end", "leave --until out, or --follow");
}

/** Returns the first event that a query can find. */
function firstOf(journal: Journal, { first = 1, run }: Query): number {
  return Math.max(first, (run === undefined ? undefined : journal.run(run)?.first) ?? 1);
}

type Format = "text" | "json" | "ocsf" | "otlp";

function formatOf({ json, format }: Options): Format {
  if (format === undefined) return json === true ? "json" : "text";
  if (json === true && format !== "json")
    throw new UsageError("--json and --format ask for different outputs", "give one of them");
  if (format === "json" || format === "ocsf" || format === "otlp") return format;
  throw new UsageError(`there is no format ${format}`, "there is json, ocsf and otlp");
}

function limitOf({ limit, follow: follows, since }: Options): number | undefined {
  if (limit !== undefined) return parseCount("--limit", limit, "events");
  return follows === true && since === undefined ? lastFollowed : undefined;
}

/** Events before the first that is followed. */
const lastFollowed = 10;
/** Events between two looks at whether a pager is behind. */
const eventsPerLook = 256;

interface Listed {
  readonly chosen: ChosenEvents;
  readonly queries: readonly Query[];
}

/** Lists the events that there are. */
async function list(
  { context, drained }: Paged,
  journal: Journal,
  { chosen, queries }: Listed,
  options: Options,
): Promise<number> {
  const writer = await writerOf(context, journal, queries, options);
  let hidden = 0;
  let parts = 0;
  let count = 0;
  for (const query of queries) {
    for (const event of journal.query(query)) {
      const isShown = chosen.shows(event);
      writer.add(event, isShown);
      hidden += !isShown && event.kind === "fail" ? event.count : 0;
      parts += chosen.isOfPart(event) ? 1 : 0;
      count += 1;
      if (count % eventsPerLook === 0) await drained();
    }
  }
  writer.pause();
  if (hidden > 0 && options.op === undefined && formatOf(options) === "text")
    context.talk.line(
      line`${counted(hidden, "call")} that failed ${hidden === 1 ? words("is") : words("are")} not shown; --failed shows them`,
    );
  if (parts > 0)
    context.talk.line(
      line`${counted(parts, "event")} by which an apply took parts of files ${parts === 1 ? words("is") : words("are")} not shown; --raw shows them`,
    );
  return exits.done;
}

/** Lists the events that there are, and those that come, line by line, until a signal ends it or all runs have ended. */
async function follow(
  context: Context,
  journal: Journal,
  { chosen, queries }: Listed,
  options: Options,
): Promise<number> {
  const { processSignals } = await import("../../../run/index.ts");
  using signals = processSignals();
  let last = journal.head();
  const writer = await writerOf(context, journal, queries, options);
  for (const query of queries)
    for (const event of journal.query({ ...query, last })) writer.add(event, chosen.shows(event));
  const next = await writerOf(context, journal, [{}], options, writer);
  const pause = () => {
    next.pause();
    context.out.flush();
  };
  pause();
  if (chosen.isOver(last)) return exits.done;
  for await (const head of following(context, journal, last, signals.signal)) {
    for (const event of journal.query({ first: last + 1, last: head }))
      next.add(event, chosen.takes(event));
    last = head;
    pause();
    if (chosen.isOver(last)) break;
  }
  return exits.done;
}

/** Writes events out. */
interface Writer {
  /** Takes an event; one that is not shown may still count for those that are. */
  add(event: Event, isShown: boolean): void;
  /** Writes all that was taken. */
  pause(): void;
}

async function writerOf(
  context: Context,
  journal: Journal,
  queries: readonly Query[],
  options: Options,
  before?: Writer,
): Promise<Writer> {
  const format = formatOf(options);
  if (format !== "text") {
    const sizeAfter = await sizesIn(context, journal, queries);
    return lineWriter(context, sizeAfter, await jsonOf(journal, format));
  }
  // One printer for all, so that a run's heading stands once.
  if (before !== undefined) return before;
  const onLine = options.patch === true ? await patchPrinter(context, journal) : undefined;
  const printer = logPrinter(context, journal, {
    ...(onLine === undefined ? {} : { onLine }),
    streaks: options.raw === true ? "apart" : options.patch === true ? "adjacent" : "together",
    runStarts: options.raw === true || options.op !== undefined ? "shown" : "in the heading",
  });
  return {
    add(event, isShown) {
      if (isShown) printer.add(event);
    },
    pause: () => printer.end(),
  };
}

async function sizesIn(
  context: Context,
  journal: Journal,
  queries: readonly Query[],
): Promise<SizeAfter> {
  const [query] = queries;
  const isWhole =
    query !== undefined &&
    queries.length === 1 &&
    query.order !== "reverse" &&
    query.kinds === undefined &&
    query.paths === undefined;
  return (isWhole ? sizesAlong : sizesFrom)(journal, await baseSizes(context, journal));
}

/** Makes the object of an event; undefined for one that the format has no place for. */
type ToJson = (event: Event, size: number | undefined) => object | undefined;

async function jsonOf(journal: Journal, format: Exclude<Format, "text">): Promise<ToJson> {
  if (format === "ocsf") return (await import("../../evidence/ocsf.ts")).ocsfOf(journal);
  if (format === "otlp") return (await import("../../evidence/otlp.ts")).otlpOf(journal);
  const isRedacted = redactedWrites(journal);
  return (event, size) => {
    const json = eventJson(event, size);
    return isRedacted(event) ? { ...json, redacted: true } : json;
  };
}

function lineWriter({ out }: Context, sizeAfter: SizeAfter, toJson: ToJson): Writer {
  return {
    add(event, isShown) {
      const size = sizeAfter(event);
      const json = isShown ? toJson(event, size) : undefined;
      if (json !== undefined) out.json(json);
    },
    pause: () => {},
  };
}
