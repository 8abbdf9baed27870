import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { RunKind } from "../../../../journal/index.ts";
import type { FoundRun, JournalEntry, RunSearch } from "../../../fleet/client/index.ts";
import {
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
  readonly journals?: true;
}

export const define: Define = (command, act) =>
  examples(
    depotOptions(readingOptions(command))
      .argument("[path]", "runs that changed it, or a path that this glob fits")
      .option("--refused [path]", "runs that were refused something, there or anywhere")
      .option("--digest <sha256>", "runs that left a file that they changed with these bytes")
      .option("--file <local>", "likewise, with the bytes of this file")
      .option("--label <name=text>", "runs with this label (repeatable)", collect)
      .option("--guest <glob>", "runs of this program")
      .option("--exit <code>", "runs that ended with it")
      .option("--since <time>", "runs that began then or later, such as 2026-01-31T12:00Z")
      .option("--until <time>", "runs that began before then")
      .option("--id <journal>", "runs of this journal")
      .option("-n, --last <count>", "so many at most; 100 unless given")
      .option("--journals", "list the journals instead")
      .action((path: string | undefined, options: Options) =>
        act(options, (context) => find(context, path, options)),
      ),
    [
      ["rewindfs find '/etc/**'", "runs that changed something there"],
      ["rewindfs find '*.pem' --since 2026-01-31", "or wrote a key"],
      ["rewindfs find --file virus.bin", "or left a file with the same bytes"],
      ["rewindfs find --refused", "or were refused something"],
      ["rewindfs find --label session=42 --json", "for a machine"],
    ],
  );

async function find(context: Context, path: string | undefined, options: Options): Promise<number> {
  const search = { ...searchOf(path, options), ...(await digestOf(options)) };
  using progress = openProgress(context);
  const depot = await depotOf(context, options, { progress, reach: askingReach });
  const found = options.journals === true ? await depot.journals() : await depot.runs(search);
  if (options.json === true) for (const one of found) context.out.json(one);
  else if (found.length > 0)
    if (options.journals === true) tellJournals(context, found as readonly JournalEntry[]);
    else tellRuns(context, found as readonly FoundRun[]);
  else if (options.journals === true) context.talk.line(words("no journal is there yet"));
  else context.talk.line(line`no run was found of those that ${printable(depot.url)} has`);
  return found.length === 0 ? exits.no : exits.done;
}

function searchOf(path: string | undefined, options: Options): RunSearch {
  const { refused, label = [], guest, exit, since, until, id, last } = options;
  if (id !== undefined) requireId(id);
  const labels = Object.fromEntries(label.map((text) => parseLabel(text, "--label")));
  return {
    ...(path === undefined ? {} : { path }),
    ...(refused === undefined ? {} : { refused: refused === true ? "**" : refused }),
    ...(label.length === 0 ? {} : { labels }),
    ...(guest === undefined ? {} : { guest }),
    ...(exit === undefined ? {} : { exit: parseCount("--exit", exit, "an exit code") }),
    ...(since === undefined ? {} : { since: timeOf("--since", since) }),
    ...(until === undefined ? {} : { until: timeOf("--until", until) }),
    ...(id === undefined ? {} : { journal: id }),
    ...(last === undefined ? {} : { limit: parseCount("--last", last, "runs") }),
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

function timeOf(option: string, text: string): string {
  const time = /^\d{4}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new UsageError(
      `${option} ${text} is no time`,
      "for example 2026-01-31 or 2026-01-31T12:00Z",
    );
  return new Date(time).toISOString();
}

function tellRuns({ out, glyphs }: Context, found: readonly FoundRun[]): void {
  const header = ["started", "journal", "run", "events", "refused", "exit"].map(printable);
  const rows = found.map((run) => [
    printable(run.started),
    printable(run.journal),
    printable(String(run.run)),
    formatCount(run.last - run.first + 1),
    formatCount(run.refused),
    printable(run.exit === null ? "" : String(run.exit)),
  ]);
  const right = { align: "right" } as const;
  const lines = table([header, ...rows], [{}, {}, right, right, right, right]);
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
  const header = ["journal", "received", "events", "size", "name"].map(printable);
  const rows = found.map((one) => [
    printable(one.journal),
    printable(one.received),
    formatCount(one.events),
    formatBytes(one.bytes),
    printable(one.name),
  ]);
  const right = { align: "right" } as const;
  for (const [index, text] of table([header, ...rows], [{}, {}, right, right, {}]).entries())
    out.line(index === 0 ? out.paint("dim", line`${text}`) : text);
}
