import type { Run } from "../../../journal/index.ts";
import { findingsIn, isAtLeast, quickBudget } from "../../findings/index.ts";
import type { Change, History } from "../../history/index.ts";
import { type Printable, phrase } from "../../text/index.ts";
import { ownRules } from "../config/own-rules.ts";
import type { Context } from "../command/context.ts";
import { tellUnseen, warningLines } from "../text/findings-text.ts";

/** Names a run, its changes, and the command that lists its findings. */
interface Ran {
  readonly run: Run;
  readonly changes: readonly Change[];
  readonly listing: Printable;
}

/** Warns of the urgent findings in a run; prints nothing if there are none. */
export async function tellRunFindings(
  context: Context,
  history: History,
  { run, changes, listing }: Ran,
): Promise<void> {
  const { findings, unseen } = await findingsIn(history, {
    first: run.first,
    last: run.last,
    budget: quickBudget,
    rules: await ownRules(),
    changesOf: () => changes,
  });
  const urgent = findings.filter(({ level }) => isAtLeast(level, "medium"));
  const { talk } = context;
  for (const line of warningLines(context, urgent, { listing, output: talk })) talk.line(line);
  tellUnseen(context, unseen, phrase`${listing} looks further`);
}
