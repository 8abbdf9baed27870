import type { Run } from "../../../journal/index.ts";
import { findingsIn, isAtLeast, quickBudget } from "../../findings/index.ts";
import type { Change, History } from "../../history/index.ts";
import { type Printable, phrase } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { tellUnseen, warningLines } from "../text/findings-text.ts";

/** A run, what it changed, and the command that lists all findings of it. */
interface Ran {
  readonly run: Run;
  readonly changes: readonly Change[];
  readonly listing: Printable;
}

/** Says what of a run deserves a look before anything on the host does; nothing where nothing does. */
export async function tellRunFindings(
  context: Context,
  history: History,
  { run, changes, listing }: Ran,
): Promise<void> {
  const { findings, unseen } = await findingsIn(history, {
    first: run.first,
    last: run.last,
    budget: quickBudget,
    changesOf: () => changes,
  });
  const urgent = findings.filter(({ level }) => isAtLeast(level, "medium"));
  const { talk } = context;
  for (const line of warningLines(context, urgent, { listing, output: talk })) talk.line(line);
  tellUnseen(context, unseen, phrase`${listing} takes its time`);
}
