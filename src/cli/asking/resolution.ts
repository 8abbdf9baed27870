import type { Resolution } from "../../host/index.ts";
import { UsageError } from "../command/failure.ts";

/** Options about conflicts. */
export interface ResolutionOptions {
  readonly ours?: true;
  readonly theirs?: true;
  /** The former name of --theirs. */
  readonly force?: true;
  readonly merge?: true;
  readonly markers?: true;
}

/** Returns the treatment of paths that both sides changed. Throws UsageError for more than one option. */
export function resolutionOf(options: ResolutionOptions): Resolution {
  const { ours, theirs, force, merge, markers } = options;
  const asked: readonly (readonly [true | undefined, Resolution])[] = [
    [ours, "ours"],
    [theirs ?? force, "theirs"],
    [markers ?? merge, markers === true ? "merge-markers" : "merge"],
  ];
  const [first, ...others] = asked.filter(([given]) => given === true);
  if (others.length > 0)
    throw new UsageError("--ours, --theirs and --merge exclude each other", "give one of them");
  return first?.[1] ?? "leave";
}
