import type { Journal, Run } from "../../../journal/index.ts";
import { labelIn, runsLabelled } from "../../history/index.ts";
import { UsageError } from "../command/failure.ts";

/**
 * Returns the runs that a text names: one by its number, or all that have a label, as label:NAME=TEXT. Throws
 * UsageError.
 */
export function runsNamed(journal: Journal, text: string): readonly Run[] {
  const label = labelIn(text);
  if (label === undefined) return [runIn(journal, text)];
  const runs = runsLabelled(journal, label);
  if (runs.length > 0) return runs;
  throw new UsageError(
    `no run in ${journal.file} has the label ${label.join("=")}`,
    "rewindfs runs lists them",
  );
}

/** Returns the run of a number: from 1 on, or counted back from the last, which is -1. Throws UsageError. */
export function runIn(journal: Journal, text: string): Run {
  if (!/^-?\d{1,15}$/.test(text)) {
    throw new UsageError(`--run ${text} is not the number of a run`, "rewindfs runs lists them");
  }
  const number = Number(text);
  const runs = journal.runs();
  const run = number < 0 ? runs.at(number) : runs.find((one) => one.run === number);
  if (run !== undefined) return run;
  throw new UsageError(
    number < 0
      ? `there are no ${-number} runs in ${journal.file}`
      : `there is no run ${number} in ${journal.file}`,
    "rewindfs runs lists them",
  );
}
