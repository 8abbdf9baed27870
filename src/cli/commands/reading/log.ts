import {
  type Event,
  type Journal,
  type Kind,
  type Query,
  type Seq,
  isMutation,
  redactedWrites,
} from "../../../../journal/index.ts";
import { verdictOf } from "../../../fs/index.ts";
import type { History } from "../../../history/index.ts";
import { counted, kindNamed, kindNames, line, printableJson, words } from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
  revisionOf,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { parseCount } from "../../command/count.ts";
import { eventJson } from "../../text/event-json.ts";
import { sizesAlong, sizesFrom } from "../../asking/event-sizes.ts";
import { UsageError, exits, tellProblem } from "../../command/failure.ts";
import { logPrinter } from "../../text/log-lines.ts";
import { requirePath } from "../../asking/moment.ts";
import { isGlob, pathMatcher } from "../../asking/path-pattern.ts";
import { baseSizes, historyOf, tellCompacted, withJournal } from "../../asking/reading.ts";
import { runIn } from "../../run/run-number.ts";

interface Options extends ReadingOptions {
  readonly run?: string;
  readonly path?: string;
  readonly op?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly reverse?: true;
  readonly raw?: true;
  readonly patch?: true;
  readonly failed?: true;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("[glob]", "the same as --path")
      .option("-r, --run <n>", "only this run; -1 is the last")
      .option("-p, --path <glob>", "only events on paths like this, and below them")
      .option(
        "--op <name>",
        "only this operation, or one of several: write,rename (repeatable)",
        (text: string, names: readonly string[] | undefined) => [
          ...(names ?? []),
          ...text.split(","),
        ],
      )
      .option("--since <rev>", "only events after this moment")
      .option("--until <rev>", "only events up to this moment")
      .option("-n, --limit <n>", "only the last so many events")
      .option("--reverse", "the newest first")
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
  if (options.patch === true && options.json === true)
    throw new UsageError(
      "--patch and --json ask for different outputs",
      "rewindfs diff --json tells of changes",
    );
  return withJournal(context, async (journal) => {
    const query = await queryOf(context, journal, options);
    if (query === "nothing") {
      await tellNoPath(context, journal, options.path ?? "");
      return exits.done;
    }
    if (options.json !== true && (query.first ?? 1) <= (journal.base()?.seq ?? 0))
      tellCompacted(context, journal);
    const shows = showsOf(options);
    const events = journal.query(
      options.limit === undefined
        ? query
        : lastOf(journal, query, parseCount("--limit", options.limit, "events"), shows),
    );
    if (options.json === true) {
      const isWhole =
        query.order === "forward" && query.kinds === undefined && query.paths === undefined;
      const folded = await baseSizes(context, journal);
      const sizeAfter = (isWhole ? sizesAlong : sizesFrom)(journal, folded);
      const isRedacted = redactedWrites(journal);
      for (const event of events) {
        const json = eventJson(event, sizeAfter(event));
        if (!shows(event)) continue;
        context.out.line(printableJson(isRedacted(event) ? { ...json, redacted: true } : json));
      }
      return exits.done;
    }
    const onLine = options.patch === true ? await patchPrinter(context, journal) : undefined;
    const printer = logPrinter(context, journal, {
      ...(onLine === undefined ? {} : { onLine }),
      streaks: options.raw === true ? "apart" : options.patch === true ? "adjacent" : "together",
      runStarts: options.raw === true || options.op !== undefined ? "shown" : "in the heading",
    });
    let hidden = 0;
    for (const event of events) {
      if (shows(event)) printer.add(event);
      else hidden += event.kind === "fail" ? event.count : 0;
    }
    printer.end();
    if (hidden > 0 && options.op === undefined)
      context.talk.line(
        line`${counted(hidden, "call")} that failed ${hidden === 1 ? words("is") : words("are")} not shown; --failed shows them`,
      );
    return exits.done;
  });
}

/** Returns a printer of the lines that a line of the log changed, in its own file alone. */
async function patchPrinter(
  context: Context,
  journal: Journal,
): Promise<(first: Event, last: Event) => void> {
  const [{ comparableTape, diffTrees }, { printBody }, history] = await Promise.all([
    import("../../../history/index.ts"),
    import("../../text/diff-text.ts"),
    historyOf(context, journal),
  ]);
  const readTape = comparableTape(journal);
  return (one, other) => {
    if (!isMutation(one)) return;
    const [first, last] = one.seq < other.seq ? [one, other] : [other, one];
    const before = history.at((first.seq - 1) as Seq);
    for (const change of diffTrees(before, history.at(last.seq), { readTape })) {
      const isOwn = (change.after ?? change.before)?.ino === one.ino;
      if (isOwn && change.content !== "same") printBody(context, journal, change);
    }
  };
}

/** Returns which matching events are shown: programs make failing calls all the time, so these only on request. */
function showsOf({ op, failed, raw, json }: Options): (event: Event) => boolean {
  const isAll =
    op === undefined ? failed === true || raw === true || json === true : op.includes("fail");
  const shown = new Set<string>(isAll ? ["refused", "failed"] : (op ?? ["refused"]));
  return (event) => event.kind !== "fail" || shown.has(verdictOf(event));
}

async function queryOf(
  context: Context,
  journal: Journal,
  options: Options,
): Promise<Query | "nothing"> {
  const { since, until } = options;
  const history =
    since === undefined && until === undefined ? undefined : await historyOf(context, journal);
  const paths = options.path === undefined ? undefined : await pathsLike(journal, options.path);
  const after = since === undefined ? undefined : history?.resolve(revisionOf(since));
  const last = until === undefined ? undefined : history?.resolve(revisionOf(until));
  if (after !== undefined && last !== undefined && after > last) {
    throw new UsageError(`--since ${since} comes after --until ${until}`, "give the earlier first");
  }
  if (paths?.length === 0) return "nothing";
  return {
    ...(after === undefined ? {} : { first: (after + 1) as Seq }),
    ...(last === undefined ? {} : { last }),
    ...(options.run === undefined ? {} : { run: runIn(journal, options.run).run }),
    ...(options.op === undefined ? {} : { kinds: kindsIn(options.op) }),
    ...(paths === undefined ? {} : { paths }),
    order: options.reverse === true ? "reverse" : "forward",
  };
}

async function pathsLike(journal: Journal, pattern: string): Promise<string[]> {
  requirePath(pattern, "--path", "leave it out for all paths");
  const matches = await pathMatcher(pattern);
  return [...journal.paths()].filter(matches);
}

/** Says on stderr that no event is on a path like the one asked for, and suggests others. */
async function tellNoPath(context: Context, journal: Journal, pattern: string): Promise<void> {
  const hint = (await isGlob(pattern))
    ? "* stays within a name, ** does not"
    : await hintFor(await historyOf(context, journal), pattern);
  tellProblem(context.talk, { message: `no event is on a path like ${pattern}`, hint });
}

async function hintFor(history: History, path: string): Promise<string> {
  const [{ lookup }, { hintAt }] = await Promise.all([
    import("../../../history/index.ts"),
    import("../../asking/absence.ts"),
  ]);
  const { journal } = history;
  const inode = lookup(history.at(journal.head()), path);
  if (inode === undefined) return hintAt(history, path, journal.head());
  for (const event of journal.query({ ino: inode.ino, order: "reverse" })) {
    if ("path" in event) return `it came there with a directory, and was ${event.path} before`;
  }
  return "its events are folded";
}

/** Narrows a query to its last shown events without holding them: walks them once backwards for their beginning. */
function lastOf(
  journal: Journal,
  query: Query,
  count: number,
  shows: (event: Event) => boolean,
): Query {
  let first: Event | undefined;
  let left = count;
  if (left > 0) {
    for (const event of journal.query({ ...query, order: "reverse" })) {
      if (!shows(event)) continue;
      first = event;
      left -= 1;
      if (left === 0) break;
    }
  }
  return { ...query, first: first?.seq ?? ((journal.head() + 1) as Seq) };
}

function kindsIn(names: readonly string[]): ReadonlySet<Kind> {
  return new Set(
    names.map((name) => {
      const kind = kindNamed(name);
      if (kind !== undefined) return kind;
      throw new UsageError(
        `there is no operation ${name}`,
        `operations are ${kindNames.join(", ")}; of fail, refused and failed`,
      );
    }),
  );
}
