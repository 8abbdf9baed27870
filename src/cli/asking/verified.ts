import { JournalError, type Verdict, openReader } from "../../../journal/index.ts";
import { verifyWhole } from "../../history/index.ts";
import { counted, printable, words } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { tellLeft } from "./reading.ts";
import { openProgress, percent } from "../command/progress.ts";

export interface VerifyingOptions {
  readonly unverified?: true;
}

export const unverifiedFlag = [
  "--unverified",
  "do not verify the journal first; a forged one may claim anything",
] as const;

/**
 * Verifies the journal before some of it reaches this machine, or warns that nobody did. Throws JournalError if it is
 * damaged; `action` was not done then.
 */
export function requireVerified(
  context: Context,
  action: string,
  { unverified }: VerifyingOptions,
): void {
  if (unverified === true) {
    context.talk.line(
      words("rewindfs: the journal was not verified; its events may never have happened"),
    );
    return;
  }
  const verdict = verdictOf(context);
  if (verdict.ok) return;
  throw new JournalError("damaged", `nothing was ${action}: ${damageText(verdict)}`, {
    hint: canBeOpened(context.journal)
      ? "rewindfs verify says more; --unverified exports what can be read nevertheless"
      : "rewindfs can read nothing of it; where there is a copy, restore it",
  });
}

/** Checks that the stored data is consistent, and that its events are possible. */
export function verdictOf(context: Context, head?: string): Verdict {
  using progress = openProgress(context);
  const show = (what: string) => (done: number, events: number) =>
    progress.show(() =>
      printable(`${what}: ${percent(done, events)} of ${counted(events, "event")}`),
    );
  return verifyWhole(context.journal, {
    head,
    onChecked: show("verifying"),
    onReplayed: show("verifying"),
    onLeft: (left) => tellLeft(context, left),
  });
}

/** Describes where and how a journal is damaged. */
export function damageText({
  seq,
  path,
  reason,
}: Extract<Verdict, { readonly ok: false }>): string {
  const where = seq === 0 ? "the journal" : `event ${seq}`;
  return `${where}${path === undefined ? "" : `, on ${path}`}: ${reason}`;
}

/** Tells if a file can be opened; one that was cut off cannot: no other command gets further than this one. */
function canBeOpened(file: string): boolean {
  return beginningOf(file) !== undefined;
}

/** Returns the event with which a journal begins, 0 for the first; undefined if it cannot be opened. */
export function beginningOf(file: string): number | undefined {
  try {
    const journal = openReader(file);
    try {
      return journal.base()?.seq ?? 0;
    } finally {
      journal.close();
    }
  } catch (error) {
    if (error instanceof JournalError) return undefined;
    throw error;
  }
}
