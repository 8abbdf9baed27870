import type { Durability, Run } from "../../../journal/index.ts";
import type { Limits } from "../../fs/index.ts";
import { type ExcludeOptions, HostError, type ImportOptions, hiddenIn } from "../../host/index.ts";
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
  /** "refuse": does not begin where other imports lie in a folder's place. */
  readonly others?: "leave" | "refuse";
  /** Leaves out how much came in. */
  readonly quiet?: boolean;
}

/**
 * Imports host directories before a run, each as a run of its own, and makes the journal if it is missing. Returns the
 * exit code if a signal ended it.
 */
export async function bringIn(
  context: Context,
  mounts: readonly Mount[],
  { limits, durability, others = "leave", ...how }: How,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    await writing(context, { limits, durability, journal: "is made" }, async (live) => {
      if (others === "refuse") for (const mount of mounts) requirePlace(live.journal.runs(), mount);
      for (const mount of mounts) await importMount(context, live, mount, how, signal);
    });
    return undefined;
  } catch (error) {
    return tellStopped(context, error, signal);
  }
}

/** Throws HostError for a folder in whose place a program would see what was imported from elsewhere. */
function requirePlace(runs: readonly Run[], { host, guest }: Mount): void {
  const [other] = hiddenIn(runs, host, guest);
  if (other === undefined) return;
  const { path, guest: at, from } = other;
  throw new HostError(
    "conflict",
    host,
    `cannot bring ${host} to ${guest}: this journal has ${from} at ${at}, and the program would see that as ./${path}`,
    { hint: "-j exec.db takes a journal of its own; --no-dir goes on with what this one has" },
  );
}
