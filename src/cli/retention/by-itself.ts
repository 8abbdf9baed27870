import { type Journal, type Seq, planCompaction } from "../../../journal/index.ts";
import { baseState } from "../../history/index.ts";
import { line, printable } from "../../text/index.ts";
import { withJournal } from "../asking/reading.ts";
import type { Context } from "../command/context.ts";
import { isAgreed } from "./agreed.ts";
import { cutOf } from "./cut.ts";
import { allowedUpTo, compactJournal, unsentBefore } from "./compacting.ts";
import { type Policy, policyWords } from "./policy.ts";

/** Least share of the events to fold before a file is rewritten automatically. */
const worth = 1 / 4;

/** Folds by a folder's policy if the user has agreed to it there, and if it is worth it. */
export async function compactByItself(
  context: Context,
  folder: string,
  policy: Policy,
): Promise<void> {
  const isWorth = await withJournal(context, (journal) => isWorthIt(context, journal, policy));
  if (!isWorth) return;
  if (!isAgreed(folder, policy)) {
    context.talk.line(
      line`rewindfs: the config of this folder wants ${printable(policyWords(policy))}; rewindfs gc does it, then and from then on`,
    );
    return;
  }
  const choose = (journal: Journal): Seq => cutOf(journal, policy, context.now());
  await compactJournal(context, { request: policyWords(policy), choose }, {});
}

function isWorthIt(context: Context, journal: Journal, policy: Policy): boolean {
  const asked = cutOf(journal, policy, context.now());
  const unsent = unsentBefore(journal, asked);
  const { seq } = allowedUpTo(context, journal, unsent?.seq ?? asked);
  const eventsUpTo = (last: Seq) => planCompaction(journal, last, baseState).events;
  const going = eventsUpTo(seq);
  return going > 0 && going >= eventsUpTo(journal.head()) * worth;
}
