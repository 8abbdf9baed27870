import type { KeyObject } from "node:crypto";

import type { RunResult } from "../../run/index.ts";
import { printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { printRunSummary } from "./run-summary.ts";
import { signed, tellSignature } from "./sealing.ts";

/** Signs what a run left, says what it did, and compacts the journal if its config says so. */
export async function conclude(
  context: Context,
  result: RunResult,
  { key, quiet }: { readonly key: KeyObject | undefined; readonly quiet: boolean },
): Promise<void> {
  const signature = await signed(context, key);
  if (result.notes.length > 0 || !quiet) context.talk.freshLine();
  for (const note of result.notes) context.talk.line(printable(`rewindfs: ${note}`));
  if (!quiet) {
    await printRunSummary(context, result);
    tellSignature(context, signature);
  }
  await (await import("../retention/automatic.ts")).compactByConfig(context);
}
