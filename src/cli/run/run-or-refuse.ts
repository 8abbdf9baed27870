import { RunError, exitOfRunError } from "../../run/index.ts";
import type { Context } from "../command/context.ts";
import { tellProblem } from "../command/failure.ts";

/** Returns the result of a run or of its preparation, or the exit code if it could not take place, which it tells. */
export async function runOrRefuse<T>(
  { talk, out }: Context,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T | number> {
  out.flush();
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const [message = "", ...details] = error.message.split("\n");
    tellProblem(talk, { message, details, hint: error.hint });
    return exitOfRunError(error, signal);
  }
}
