import type { Compaction, Seq, ShippedTo } from "../../../journal/index.ts";
import type { Needed } from "../../host/index.ts";
import { counted, describeBytes, line, printable, words } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { exits } from "../command/failure.ts";

/** Says which folders need events that were to be folded. */
export function tellNeeded({ talk }: Context, seq: Seq, needed: readonly Needed[]): void {
  for (const { folder } of needed) {
    talk.line(
      line`changes in ${printable(folder.guest)} are not applied to ${printable(folder.host)} yet: only events up to ${seq} can be folded`,
    );
  }
  if (needed.length > 0) {
    talk.line(
      words(
        "Hint: apply it first; --all folds it nevertheless; apply then cannot tell who changed what",
      ),
    );
  }
}

/** Says that events which were to be folded are not in the depot yet that the journal is sent to. */
export function tellUnsent({ talk }: Context, { depot, seq }: ShippedTo): void {
  talk.line(
    line`unshipped: ${printable(depot)} has the events up to ${seq}: only those can be folded`,
  );
  talk.line(
    line`Hint: rewindfs ship --depot ${printable(depot)} sends the rest, unless the journal was erased there; --unshipped folds them nevertheless, and they cannot be sent any more`,
  );
}

/** Stages of a fold, for people who wait. */
export const stages = {
  checking: "verifying the events to fold",
  folding: "folding events",
  "writing anew": "writing the file anew",
} as const;

/** Options of a fold's report. */
export interface Telling {
  readonly json?: true;
  readonly dryRun?: true;
}

/** Reports what was folded, or would be, and if that is everything asked for. */
export function tellCompaction(
  { out, talk }: Context,
  done: Compaction,
  wanted: Seq,
  { json, dryRun }: Telling,
): void {
  const { run, seq, events, bytes, leftover } = done;
  if (json === true) {
    const state = leftover === undefined ? {} : { leftover: true };
    out.json({ folded: seq, events, bytes, run, ...state });
    return;
  }
  if (events === 0 && run === undefined) {
    talk.line(
      seq === 0
        ? words("nothing to fold: commits are folded whole, and none ends at or before that moment")
        : line`nothing to fold: event ${seq} is the last that is folded already`,
    );
    return;
  }
  if (seq < wanted)
    talk.line(
      line`event ${seq} is the last of a commit before event ${wanted}: commits are folded whole`,
    );
  const folded = line`${counted(events, "event")} up to #${seq}, ${describeBytes(bytes)} of content`;
  if (dryRun === true) talk.line(line`${folded} would be folded; nothing was done`);
  else talk.line(line`run ${run ?? 0}: ${folded} folded; the journal begins with event ${seq + 1}`);
}

/** Says where space was not freed; returns the exit code. */
export function tellLeftover({ talk }: Context, { leftover }: Compaction): number {
  if (leftover === undefined) return exits.done;
  talk.line(printable(`rewindfs: the space is not given back yet: ${leftover.message}`));
  talk.line(
    words(
      "Hint: it takes as much free room as the journal has; run the same command again when there is",
    ),
  );
  return exits.refused;
}
