import {
  type Draft,
  type Event,
  type JournalWriter,
  type RunNumber,
  type Seq,
  type TapePosition,
  type WriterOptions,
  hasBytes,
  openWriter,
  promisedFrom,
} from "../../../journal/index.ts";
import {
  MisfitError,
  type MutableTree,
  apply,
  judgedBy,
  noLimits,
  requireFit,
} from "../../fs/index.ts";
import { eventsTo } from "../snapshots/events.ts";
import { tapeOf } from "../snapshots/read-tape.ts";
import { replay } from "./replay.ts";

/**
 * Opens a journal as its one writer, like `openWriter` of journal/, and appends only events that can happen in the
 * state before them. Throws JournalError. Appending throws TypeError for any other event, and MisfitError if the
 * journal holds such an event already; both change nothing.
 */
export function openJudgedWriter(file: string, options: WriterOptions = {}): JournalWriter {
  const journal = openWriter(file, options);
  let known: { seq: Seq; readonly tree: MutableTree } | undefined;

  /** Returns the current state: the journal may have grown through a filesystem, which makes its own checks. */
  function stateNow(): MutableTree {
    const head = journal.head();
    known ??= { seq: head, tree: replay(journal, head) };
    for (const event of eventsTo(journal, head, (known.seq + 1) as Seq))
      apply(known.tree, event, tapeOf(journal));
    known.seq = head;
    return known.tree;
  }

  return judgedBy(journal, (draft) => {
    const event = previewOf(draft, journal);
    // If this throws, the journal's events make no state.
    const state = stateNow();
    try {
      requireFit(state, event, noLimits);
      requireOnTape(event, journal);
    } catch (error) {
      if (error instanceof MisfitError) throw new TypeError(error.reason, { cause: error });
      throw error;
    }
  });
}

/** Returns the event that the draft would become, as far as the check needs it. */
function previewOf(draft: Draft, journal: JournalWriter): Event {
  const seq = (journal.head() + 1) as Seq;
  const stamp = { seq, time: 0n, run: 0 as RunNumber };
  return hasBytes(draft)
    ? { ...draft, ...stamp, tape: journal.tapeLength(journal.head()) as TapePosition }
    : { ...draft, ...stamp };
}

function requireOnTape(event: Event, journal: JournalWriter): void {
  const end = journal.tapeLength(journal.head());
  if (event.kind === "revert-xattr" && event.source + event.length > end)
    throw new MisfitError(
      `event #${event.seq} (revert-xattr) refers to bytes that are not on the tape`,
    );
  if (event.kind !== "revert") return;
  for (const { tape, length } of event.extents) {
    if (tape !== "hole" && tape < promisedFrom && tape + length > end)
      throw new MisfitError(
        `event #${event.seq} (revert) refers to bytes that are not on the tape`,
      );
  }
}
