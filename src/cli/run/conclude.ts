import type { KeyObject } from "node:crypto";

import type { Run } from "../../../journal/index.ts";
import type { RunResult } from "../../run/index.ts";
import { printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import type { RunShipping } from "../fleet/shipping.ts";
import { printRunSummary, tellFailure } from "./run-summary.ts";
import { signed, tellSignature } from "./sealing.ts";

/** The end of a run, as its options want it. */
export interface Conclusion {
  readonly key: KeyObject | undefined;
  readonly quiet: boolean;
  /** The file that gets a statement signed with the key. */
  readonly statement?: string | undefined;
  /** Sends the journal to a depot. */
  readonly shipping?: RunShipping | undefined;
}

/** Signs what a run left, says what it did, sends it, and compacts the journal if its config says so. */
export async function conclude(
  context: Context,
  result: RunResult,
  { key, quiet, statement, shipping }: Conclusion,
): Promise<void> {
  const signature = await signed(context, key);
  const isTold = result.outcome.kind === "trapped" || result.outcome.kind === "failed";
  if (result.notes.length > 0 || isTold || !quiet) context.talk.freshLine();
  for (const note of result.notes) context.talk.line(printable(`rewindfs: ${note}`));
  tellFailure(context, result);
  if (!quiet) {
    await printRunSummary(context, result);
    tellSignature(context, signature);
  }
  if (statement !== undefined && key !== undefined && signature !== undefined) {
    const { writeStatement } = await import("../evidence/write-statement.ts");
    const about = { key, head: signature, run: (runs: readonly Run[]) => runOf(runs, result) };
    await writeStatement(context, statement, about);
  }
  await shipping?.finish({ quiet });
  await (await import("../retention/automatic.ts")).compactByConfig(context);
}

function runOf(runs: readonly Run[], { run }: RunResult): Run {
  const found = runs.find((one) => one.run === run);
  if (found === undefined) throw new Error(`run ${run} is not in its journal`);
  return found;
}
