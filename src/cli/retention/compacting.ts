import {
  type Journal,
  type Seq,
  type ShippedTo,
  compact,
  planCompaction,
  shippedTo,
} from "../../../journal/index.ts";
import { baseState, openHistory } from "../../history/index.ts";
import { type Needed, foldsAll, neededBefore } from "../../host/index.ts";
import { words } from "../../text/index.ts";
import { withJournal } from "../asking/reading.ts";
import type { Context } from "../command/context.ts";
import { exits } from "../command/failure.ts";
import { openProgress } from "../command/progress.ts";
import {
  type Telling,
  stages,
  tellCompaction,
  tellLeftover,
  tellNeeded,
  tellUnsent,
} from "./compaction-text.ts";

/** Selects what to fold; `request` puts the selection in words. */
export interface Compacting {
  readonly request: string;
  readonly choose: (journal: Journal) => Seq;
}

/** Folds the selection, as far as no apply needs it. Returns the exit code. */
export async function compactJournal(
  context: Context,
  { request, choose }: Compacting,
  options: Telling & { readonly all?: true; readonly unshipped?: true },
): Promise<number> {
  const needed: Needed[] = [];
  let unsent: ShippedTo | undefined;
  const allowed = (journal: Journal): Seq => {
    let asked = choose(journal);
    unsent = options.unshipped === true ? undefined : unsentBefore(journal, asked);
    if (unsent !== undefined) asked = unsent.seq;
    if (options.all === true) return asked;
    const found = allowedUpTo(context, journal, asked);
    needed.splice(0, needed.length, ...found.needed);
    return found.seq;
  };
  // The request is checked before anything is locked.
  const wanted = await withJournal(context, (journal) => {
    const seq = allowed(journal);
    if (unsent !== undefined) tellUnsent(context, unsent);
    tellNeeded(context, seq, needed);
    if (options.dryRun === true)
      tellCompaction(context, planCompaction(journal, seq, baseState), seq, options);
    return seq;
  });
  if (options.dryRun === true) return exits.done;
  using progress = openProgress(context);
  const done = compact(context.journal, {
    what: options.all === true ? `${request} ${foldsAll}` : request,
    choose: allowed,
    stateAt: baseState,
    onStage: (stage) => progress.show(() => words(stages[stage])),
  });
  tellCompaction(context, done, wanted, options);
  return tellLeftover(context, done);
}

/** Returns how far a depot has a journal, where that is less far than what is to be folded. */
export function unsentBefore(journal: Journal, asked: Seq): ShippedTo | undefined {
  const folded = journal.base()?.seq ?? 0;
  const sent = shippedTo(journal);
  return asked <= folded || sent === undefined || sent.seq >= asked ? undefined : sent;
}

/** Returns the last event up to `asked` that no apply needs, and the folders that need later ones. */
export function allowedUpTo(
  { now }: Context,
  journal: Journal,
  asked: Seq,
): { readonly seq: Seq; readonly needed: readonly Needed[] } {
  // Events that are folded already need no check.
  if (asked <= (journal.base()?.seq ?? 0)) return { seq: asked, needed: [] };
  const needed = neededBefore(openHistory(journal, { now }), asked);
  const seq = needed.reduce((least, { first }) => (first < least ? first : least), asked);
  return { seq, needed };
}
