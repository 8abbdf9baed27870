import { realpathSync } from "node:fs";
import { dirname } from "node:path";

import { JournalError, resolvePath } from "../../../journal/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError, tellProblem } from "../command/failure.ts";
import { policyIn } from "./config-file.ts";

/**
 * Folds by the working folder's config after a run: only a journal in that folder. A problem is reported, and does not
 * fail the run.
 */
export async function compactByConfig(context: Context): Promise<void> {
  try {
    const folder = realpathSync(".");
    const policy = await policyIn(folder);
    if (policy === undefined || dirname(resolvePath(context.journal)) !== folder) return;
    // Loaded on demand: most folders have no config.
    const { compactByItself } = await import("./by-itself.ts");
    await compactByItself(context, folder, policy);
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof JournalError)) throw error;
    const { message, hint } = error;
    tellProblem(context.talk, { message: `nothing was folded: ${message}`, hint });
  }
}
