import { realpathSync } from "node:fs";
import { dirname } from "node:path";

import { JournalError, resolvePath } from "../../../journal/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError, tellProblem } from "../command/failure.ts";
import { configIn } from "./config-file.ts";

/**
 * Folds by the config of the working folder when a run has ended: only a journal that lies in that folder. A problem is
 * told, and is none of the run's.
 */
export async function compactByConfig(context: Context): Promise<void> {
  try {
    const folder = realpathSync(".");
    const policy = (await configIn(folder))?.gc;
    if (policy === undefined || dirname(resolvePath(context.journal)) !== folder) return;
    // Loaded by who needs it: most folders have no config.
    const { compactByItself } = await import("./by-itself.ts");
    await compactByItself(context, folder, policy);
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof JournalError)) throw error;
    const { message, hint } = error;
    tellProblem(context.talk, { message: `nothing was folded: ${message}`, hint });
  }
}
