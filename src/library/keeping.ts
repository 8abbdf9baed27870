import {
  type CompactOptions,
  type Compaction,
  type Journal,
  type RedactOptions,
  type Redaction,
  type Seq,
  type Verdict,
  type VerifyOptions,
  compact as compactIn,
  openReader,
  planCompaction as planCompactionIn,
  redact as redactIn,
  verify as verifyIn,
} from "../../journal/index.ts";
import {
  type RedactionPlan,
  type RedactionSubject,
  baseState,
  openHistory,
  planRedaction as planRedactionIn,
  verifyStates,
} from "../history/index.ts";
import { foldsAll, neededBefore } from "../host/index.ts";
import { type Revision, type Source, openSource } from "./source.ts";

/**
 * Checks a journal in full: that what is stored agrees with itself, and that what it tells can have happened.
 * `onProgress` counts up twice, once for each. Throws JournalError only where there is no journal to look at.
 */
export function verify(file: string, options: VerifyOptions = {}): Verdict {
  const verdict = verifyIn(file, options);
  if (!verdict.ok) return verdict;
  const journal = openReader(file);
  try {
    const misfit = verifyStates(journal, options.onProgress);
    if (misfit === undefined) return verdict;
    return { ...misfit, ok: false, events: verdict.events, head: verdict.head };
  } finally {
    journal.close();
  }
}

/** What of the past a compaction keeps. */
export interface Keeping {
  /**
   * "keep", unless given: what an apply needs to tell who changed what stays. "fold": it goes, and an apply takes what
   * differs for changed on both sides.
   */
  readonly unapplied?: "keep" | "fold";
}

/**
 * Puts the state at a moment in the place of all events up to it, and gives the space back. Throws JournalError, also
 * where somebody reads the journal, and RevisionError.
 */
export function compact(
  file: string,
  before: Revision,
  options: Keeping & Pick<CompactOptions, "now" | "onStage"> = {},
): Compaction {
  openReader(file).close();
  const { unapplied = "keep", ...how } = options;
  return compactIn(file, {
    ...how,
    what: unapplied === "fold" ? `${before} ${foldsAll}` : String(before),
    choose: (journal) => lastToCompact(journal, before, unapplied),
    stateAt: baseState,
  });
}

/** Tells what `compact` would fold. Throws JournalError and RevisionError. */
export function planCompaction(
  source: Source,
  before: Revision,
  { unapplied = "keep" }: Keeping = {},
): Compaction {
  using opened = openSource(source);
  const { journal } = opened.it;
  return planCompactionIn(journal, lastToCompact(journal, before, unapplied), baseState);
}

/**
 * Removes bytes from the journal for good: all that was ever written at or below an absolute path, or what a span of
 * events wrote. The chain still proves all the rest. Throws JournalError, also where somebody reads the journal.
 */
export function redact(
  file: string,
  subject: RedactionSubject,
  options: Pick<RedactOptions, "now" | "onScrub"> = {},
): Redaction {
  openReader(file).close();
  return redactIn(file, {
    ...options,
    what: "path" in subject ? subject.path : `${subject.first}..${subject.last}`,
    choose: (journal) => planRedactionIn(journal, subject).spans,
  });
}

/** Works out what `redact` would remove. Throws JournalError. */
export function planRedaction(source: Source, subject: RedactionSubject): RedactionPlan {
  using opened = openSource(source);
  return planRedactionIn(opened.it.journal, subject);
}

function lastToCompact(journal: Journal, before: Revision, unapplied: "keep" | "fold"): Seq {
  const history = openHistory(journal);
  const asked = history.resolve(before);
  if (unapplied === "fold") return asked;
  return neededBefore(history, asked).reduce(
    (seq, { first }) => (first < seq ? first : seq),
    asked,
  );
}
