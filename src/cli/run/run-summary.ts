import { statSync } from "node:fs";

import type { Journal, Run, Seq } from "../../../journal/index.ts";
import {
  type Change,
  comparableTape,
  countProcesses,
  diffTrees,
  lookup,
  modesOf,
  xattrChangesOf,
} from "../../history/index.ts";
import { isDenial, verdictOf } from "../../fs/index.ts";
import type { RunResult } from "../../run/index.ts";
import {
  type Printable,
  counted,
  formatDuration,
  joined,
  line,
  printable,
  words,
} from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { historyOf, withJournal } from "../asking/reading.ts";
import { tellRunFindings } from "./run-findings.ts";

/** Says on stderr why a program was ended, as a shell says of a signal; nothing of one that ended by itself. */
export function tellFailure({ talk }: Context, { outcome }: RunResult): void {
  if (outcome.kind === "trapped") {
    talk.line(printable(`rewindfs: the guest trapped: ${outcome.reason}`));
    for (const frame of outcome.trap.stack.slice(0, mostFrames))
      talk.line(printable(`    ${frame}`));
  }
  if (outcome.kind === "failed") {
    // Indented like a trap's frames: the guest's process may have chosen the words, and no line may look like one of
    // ours.
    for (const part of outcome.report.split("\n")) talk.line(printable(`    ${part}`));
  }
}

/** Says on stderr what a run did and how to look at it. */
export async function printRunSummary(
  context: Context,
  { run: number, outcome }: RunResult,
): Promise<void> {
  const { talk } = context;
  await withJournal(context, async (journal) => {
    const run = journal.run(number);
    if (run === undefined) return;
    const changes = await changesOf(context, journal, run);
    const changed = changes.length;
    const parts = [
      printable(
        run.end?.reason === undefined
          ? `exit ${outcome.exit}`
          : `exit ${outcome.exit} (${run.end.reason})`,
      ),
      ...(run.end === undefined ? [] : [formatDuration(run.end.time - run.start.time)]),
      ...processesIn(journal, run),
      counted(run.last - run.first + 1, "event"),
      changedText(changes),
      ...vainCalls(journal, run),
    ];
    const title = talk.paint("heading", printable(`run ${number}`));
    talk.line(line`${title}: ${joined(parts, ", ")}`);
    talk.line(line`head ${printable(journal.digest().digest)}`);
    const history = await historyOf(context, journal);
    const findings = commandFor(context, `findings --run ${number}`);
    await tellRunFindings(context, history, { run, changes, listing: findings });
    const diff = commandFor(context, "diff");
    const log = commandFor(context, `log --run ${number}`);
    const next = changed === 0 ? line`` : line`${diff} shows what changed, `;
    talk.line(line`Next: ${next}${log}${changed === 0 ? words(" shows") : words("")} every step`);
    const unseen = outcome.exit === 0 ? undefined : await unseenArgument(context, journal, run);
    if (unseen !== undefined) {
      talk.line(
        line`Hint: ${printable(unseen)} is a file of this machine, which the guest does not see; --dir copies a directory in`,
      );
    }
  });
}

/**
 * Returns an argument that names a file of the host and none of the filesystem: a failing guest may have looked for it.
 */
async function unseenArgument(
  context: Context,
  journal: Journal,
  { start, last }: Run,
): Promise<string | undefined> {
  const onHost = start.args.filter((arg) => !arg.startsWith("-") && isFile(arg));
  if (onHost.length === 0) return undefined;
  const tree = (await historyOf(context, journal)).at(last);
  return onHost.find((arg) => lookup(tree, arg, "follow") === undefined);
}

/** Guesses if an argument is a file. */
function isFile(argument: string): boolean {
  try {
    return statSync(argument).isFile();
  } catch {
    return false;
  }
}

const mostFrames = 10;

async function changesOf(context: Context, journal: Journal, run: Run): Promise<Change[]> {
  const history = await historyOf(context, journal);
  const before = history.at((run.first - 1) as Seq);
  return diffTrees(before, history.at(run.last), { readTape: comparableTape(journal) });
}

/** Counts the processes of a native program, of which there is always one. */
function processesIn(journal: Journal, run: Run): Printable[] {
  const count = countProcesses(journal, run);
  return count > 1 ? [counted(count, "process", "processes")] : [];
}

/** Counts changes; an apply does not offer those that only attributes tell. */
function changedText(changes: readonly Change[]): Printable {
  const all = counted(changes.length, "path changed", "paths changed");
  const alone = changes.filter(isOfAttributes).length;
  if (alone === 0) return all;
  return printable(`${all} (${alone} in extended attributes alone, which apply leaves out)`);
}

function isOfAttributes(change: Change): boolean {
  const { change: kind, content } = change;
  if (kind !== "modified" || content === "changed" || modesOf(change) !== undefined) return false;
  return xattrChangesOf(change).length > 0;
}

/** Summarises fruitless calls: how many were refused, looked for missing files, or failed otherwise. */
function vainCalls(journal: Journal, { run, start, first, last }: Run): Printable[] {
  let [refused, failed] = [0, 0];
  const missing = new Set<string>();
  for (const event of journal.query({ run, first, last, kinds: new Set(["fail", "decision"]) })) {
    if (event.kind === "decision" && isDenial(event.action)) refused += event.count ?? 1;
    if (event.kind !== "fail") continue;
    if (verdictOf(event) === "refused") refused += event.count;
    else if (event.operation !== "open-at" || event.error !== "no-entry") failed += event.count;
    else if (start.guest !== "python" || !interpretersOwn.has(event.path)) missing.add(event.path);
  }
  return [
    counted(refused, "call refused", "calls refused"),
    ...(missing.size === 0 ? [] : [counted(missing.size, "file not found", "files not found")]),
    ...(failed === 0 ? [] : [counted(failed, "call failed", "calls failed")]),
  ];
}

/** Files that CPython looks for at each start, and does without. */
const interpretersOwn: ReadonlySet<string> = new Set(["pyvenv.cfg", "pybuilddir.txt"]);

/** Returns the command to type, naming the journal if it is not the default. */
function commandFor({ journal, env }: Context, command: string): Printable {
  const isDefault = journal === (env["REWINDFS_JOURNAL"] || "rewind.db");
  return printable(isDefault ? `rewindfs ${command}` : `rewindfs -j ${journal} ${command}`);
}
