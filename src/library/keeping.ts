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
  shippedTo,
} from "../../journal/index.ts";
import {
  type RedactionPlan,
  type RedactionSubject,
  baseState,
  openHistory,
  planRedaction as planRedactionIn,
  verifyWhole,
} from "../history/index.ts";
import { foldsAll, neededBefore } from "../host/index.ts";
import { type Revision, type Source, openSource } from "./source.ts";

/**
 * Checks a journal completely: its stored data is consistent, and the filesystem could have recorded its events.
 * `onProgress` counts up twice, once for each check; once for a long journal, whose stored data another thread checks.
 * Throws JournalError only if there is no journal to check.
 */
export function verify(file: string, options: VerifyOptions = {}): Verdict {
  const { head, onProgress } = options;
  return verifyWhole(file, {
    head,
    ...(onProgress && { onChecked: onProgress, onReplayed: onProgress }),
  });
}

/** The past that a compaction keeps. */
export interface Keeping {
  /**
   * "keep" (the default) keeps the events that an apply needs to tell who changed what. "fold" folds them too; an apply
   * then takes each difference for a change on both sides.
   */
  readonly unapplied?: "keep" | "fold";
  /**
   * Of a journal that is sent to a depot, "keep" (the default) keeps the events that it has not acknowledged. "fold" folds
   * them too; they cannot be sent any more.
   */
  readonly unshipped?: "keep" | "fold";
}

/**
 * Replaces all events up to a moment by the state after them, and frees the space. Throws JournalError, also if the
 * journal is being read, and RevisionError.
 */
export function compact(
  file: string,
  before: Revision,
  options: Keeping & Pick<CompactOptions, "now" | "onStage"> = {},
): Compaction {
  openReader(file).close();
  const { unapplied = "keep", unshipped = "keep", ...how } = options;
  return compactIn(file, {
    ...how,
    what: unapplied === "fold" ? `${before} ${foldsAll}` : String(before),
    choose: (journal) => lastToCompact(journal, before, { unapplied, unshipped }),
    stateAt: baseState,
  });
}

/** Tells what `compact` would fold. Throws JournalError and RevisionError. */
export function planCompaction(
  source: Source,
  before: Revision,
  keeping: Keeping = {},
): Compaction {
  using opened = openSource(source);
  const { journal } = opened.it;
  return planCompactionIn(journal, lastToCompact(journal, before, keeping), baseState);
}

/**
 * Removes bytes from the journal for good: everything that was ever written at or below an absolute path, or by a range
 * of events. The chain still proves everything else. Throws JournalError, also if the journal is being read.
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

/** Returns what `redact` would remove. Throws JournalError. */
export function planRedaction(source: Source, subject: RedactionSubject): RedactionPlan {
  using opened = openSource(source);
  return planRedactionIn(opened.it.journal, subject);
}

function lastToCompact(
  journal: Journal,
  before: Revision,
  { unapplied = "keep", unshipped = "keep" }: Keeping,
): Seq {
  const history = openHistory(journal);
  const wanted = history.resolve(before);
  const sent = unshipped === "fold" ? undefined : shippedTo(journal);
  const asked = sent !== undefined && sent.seq < wanted ? sent.seq : wanted;
  if (unapplied === "fold") return asked;
  return neededBefore(history, asked).reduce(
    (seq, { first }) => (first < seq ? first : seq),
    asked,
  );
}
