import { type Journal, type Run, isBeingWritten } from "../../../../journal/index.ts";
import {
  type Printable,
  formatCount,
  formatDuration,
  formatInstant,
  formatMoment,
  printable,
  line,
  table,
  truncateEnd,
  widthOf,
  words,
} from "../../../text/index.ts";
import { countProcesses } from "../../../history/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import { titleOf } from "../../command/command-line.ts";
import type { Context } from "../../command/context.ts";
import { parseCount } from "../../command/count.ts";
import { exits } from "../../command/failure.ts";
import { tellCompacted, withJournal } from "../../asking/reading.ts";
import { runsNamed } from "../../asking/run-number.ts";
import { isWord } from "../../hook/turn.ts";
import { parseLabel } from "../../run/labels.ts";
import { stepNumbers, stepsOf } from "../../../history/index.ts";

interface Options extends ReadingOptions {
  readonly last?: string;
  readonly label?: string;
  readonly raw?: true;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .option("-n, --last <count>", "only the last runs")
      .option("--label <name=text>", "only the runs with this label")
      .option(
        "--raw",
        "also the runs by which an import or apply settled conflicts, and hooks' words on turns",
      )
      .action((options: Options) =>
        act(options, (context) =>
          withJournal(context, (journal) => list(context, journal, options)),
        ),
      ),
    [
      ["rewindfs runs", "every run, with how it ended"],
      ["rewindfs runs -n 5", "the last five"],
      ["rewindfs runs --label turn=7", "those of one turn"],
      ["rewindfs runs --json", "the same for a machine"],
    ],
  );

function list(context: Context, journal: Journal, options: Options): number {
  const { json, last } = options;
  const { out, glyphs } = context;
  const count = last === undefined ? Number.POSITIVE_INFINITY : parseCount("--last", last, "runs");
  const folded = journal.base()?.seq ?? 0;
  const all = chosenRuns(journal, options);
  const runs = all.slice(Math.max(all.length - count, 0));
  if (json === true) {
    const steps = stepNumbers(journal.runs());
    for (const run of runs) {
      const processes = countProcesses(journal, run);
      out.json({ ...runJson(run, folded, processes), step: steps.get(run.run) });
    }
    return exits.done;
  }
  if (runs.length === 0) return exits.done;
  tellCompacted(context, journal);
  const processes = runs.map((run) => countProcesses(journal, run));
  // Guests have none, and their lists no column for them.
  const ofProcesses = processes.some((count) => count > 0) ? "shown" : "hidden";
  const header = ["run", "kind", "started", "took", "events", "processes", "exit"]
    .filter((name) => name !== "processes" || ofProcesses === "shown")
    .map(printable);
  const unfinished = isBeingWritten(context.journal) ? "running" : "killed";
  const rows = runs.map((run, index) => [
    printable(String(run.run)),
    printable(run.start.cause),
    formatMoment(run.start.time),
    run.end === undefined ? words("") : formatDuration(run.end.time - run.start.time),
    formatCount(run.last - run.first + 1),
    ...(ofProcesses === "shown" ? [countText(processes[index])] : []),
    printable(run.end === undefined ? unfinished : String(run.end.exit)),
  ]);
  const lines = table(
    [header, ...rows],
    [{ align: "right" }, {}, {}, ...header.slice(3).map(() => ({ align: "right" }) as const)],
  );
  for (const [index, text] of lines.entries()) {
    const run = runs[index - 1];
    const command = run === undefined ? words("command") : titleOf(run.start);
    const room = Math.max(out.columns - widthOf(printable(text)) - 2, 16);
    const row = line`${text}  ${truncateEnd(command, room, glyphs.cut)}`;
    out.line(index === 0 ? out.paint("dim", row) : row);
  }
  return exits.done;
}

/** Leaves it out for runs that have told of none. */
function countText(count = 0): Printable {
  return count === 0 ? words("") : formatCount(count);
}

/** Returns runs with a label, or all; for people, runs that one command made are one, and a hook's words are none. */
function chosenRuns(journal: Journal, { json, label, raw }: Options): readonly Run[] {
  const all = journal.runs();
  const isWhole = json === true || raw === true;
  const runs = isWhole
    ? all
    : stepsOf(all)
        .map(({ run }) => run)
        .filter((run) => !isWord(run));
  if (label === undefined) return runs;
  const named = new Set(
    runsNamed(journal, `label:${parseLabel(label, "--label").join("=")}`).map(({ run }) => run),
  );
  return runs.filter(({ run }) => named.has(run));
}

function runJson(
  { run, start, end, first, last }: Run,
  folded: number,
  processes: number,
): Readonly<Record<string, unknown>> {
  return {
    run,
    kind: start.cause,
    guest: start.guest,
    args: start.args,
    labels: start.labels === undefined ? undefined : Object.fromEntries(start.labels),
    started: formatInstant(start.time),
    ended: end === undefined ? null : formatInstant(end.time),
    exit: end?.exit ?? null,
    reason: end?.reason,
    first,
    last,
    ...(processes === 0 ? {} : { processes }),
    ...(first <= folded ? { folded: true } : {}),
  };
}
