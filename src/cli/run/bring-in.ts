import type { Durability } from "../../../journal/index.ts";
import type { Limits } from "../../fs/index.ts";
import type { ExcludeOptions, ImportOptions } from "../../host/index.ts";
import type { Context } from "../command/context.ts";
import { writing } from "../asking/writing.ts";
import { importMount, tellStopped } from "./importing.ts";
import type { Mount } from "./run-options.ts";

/** Rules for what comes in, and files with keys, which stay out. */
interface How {
  readonly limits: Limits;
  readonly durability: Durability;
  readonly keys: readonly string[];
  readonly exclude: ExcludeOptions;
  readonly bytes?: NonNullable<ImportOptions["bytes"]>;
}

/**
 * Imports host directories before a run, each as a run of its own, and makes the journal if it is missing. Returns the
 * exit code if a signal ended it.
 */
export async function bringIn(
  context: Context,
  mounts: readonly Mount[],
  { limits, durability, ...how }: How,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    await writing(context, { limits, durability, journal: "is made" }, async (live) => {
      for (const mount of mounts) await importMount(context, live, mount, how, signal);
    });
    return undefined;
  } catch (error) {
    return tellStopped(context, error, signal);
  }
}
