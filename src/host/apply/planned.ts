import type { Seq } from "../../../journal/index.ts";
import { type Change, type History, comparableTape, tapeOf } from "../../history/index.ts";
import { type Offer, offersOf } from "../choose/offer.ts";
import { HostDirectory } from "../disk/directory.ts";
import { identitiesOf } from "../disk/journal-at.ts";
import { changesOf } from "./as-changes.ts";
import { feasible } from "./chosen.ts";
import { type ApplyOptions, type ApplySummary, workOut } from "./work-out.ts";

export type PlanOptions = Omit<ApplyOptions, "mode" | "conflicts">;

/**
 * Returns what `applyToHost` would do just after event `at`, if that were the last. The journal may be open for reading
 * only, while another process writes it. Throws HostError.
 */
export function planApply(
  history: History,
  at: Seq,
  hostPath: string,
  options: PlanOptions = {},
): ApplySummary {
  using host = HostDirectory.open(hostPath, "apply to", identitiesOf(history.journal.file));
  return workOut(history.at(at), history, { host, hostPath }, options).summary;
}

/** Returns the changes that an apply would bring, as changes of the filesystem: a rename is one change. */
export function changesToApply(
  history: History,
  at: Seq,
  hostPath: string,
  options: PlanOptions = {},
): Change[] {
  using host = HostDirectory.open(hostPath, "apply to", identitiesOf(history.journal.file));
  const { entries, verdicts, folder } = workOut(
    history.at(at),
    history,
    { host, hostPath },
    options,
  );
  return changesOf(entries, verdicts, folder.guest, comparableTape(history.journal));
}

/** Everything an apply would do, and which parts can be chosen. */
export interface Offered {
  readonly summary: ApplySummary;
  readonly offers: readonly Offer[];
}

/**
 * Splits the changes into parts that can be taken or left one by one. Changes that cannot be made, such as conflicts,
 * are not offered.
 */
export function offersToApply(
  history: History,
  at: Seq,
  hostPath: string,
  options: PlanOptions = {},
): Offered {
  using host = HostDirectory.open(hostPath, "apply to", identitiesOf(history.journal.file));
  const worked = workOut(history.at(at), history, { host, hostPath }, options);
  const { entries, verdicts, folder, summary } = worked;
  const can = feasible(entries, verdicts);
  const comparable = comparableTape(history.journal);
  const changes = changesOf(entries, verdicts, folder.guest, comparable);
  const offers = offersOf(changes, folder.guest, (path) => can.get(path), tapeOf(history.journal));
  return { summary, offers };
}
