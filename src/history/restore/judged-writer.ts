import {
  type Draft,
  type Event,
  type JournalWriter,
  type RunNumber,
  type Seq,
  type TapePosition,
  type WriterOptions,
  openWriter,
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
import { replay } from "./replay.ts";

/**
 * Opens a journal as its one writer, as `openWriter` of journal/ does, and appends only what can have happened in the
 * state before it. Throws JournalError; appending throws TypeError for any other fact, and MisfitError where the journal
 * tells of one already; then it takes nothing.
 */
export function openJudgedWriter(file: string, options: WriterOptions = {}): JournalWriter {
  const journal = openWriter(file, options);
  let known: { seq: Seq; readonly tree: MutableTree } | undefined;

  /** The state now: the journal may have grown through a filesystem, which needs no other judge. */
  function stateNow(): MutableTree {
    const head = journal.head();
    known ??= { seq: head, tree: replay(journal, head) };
    for (const event of eventsTo(journal, head, (known.seq + 1) as Seq)) apply(known.tree, event);
    known.seq = head;
    return known.tree;
  }

  return judgedBy(journal, (draft) => {
    const event = previewOf(draft, journal);
    // Where that throws, what the journal holds is no state.
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

/** The event that the fact would become, as far as it matters here. */
function previewOf(draft: Draft, journal: JournalWriter): Event {
  const seq = (journal.head() + 1) as Seq;
  const stamp = { seq, time: 0n, run: 0 as RunNumber };
  return draft.kind === "write"
    ? { ...draft, ...stamp, tape: journal.tapeLength(journal.head()) as TapePosition }
    : { ...draft, ...stamp };
}

function requireOnTape(event: Event, journal: JournalWriter): void {
  if (event.kind !== "revert") return;
  const end = journal.tapeLength(journal.head());
  for (const { tape, length } of event.extents) {
    if (tape !== "hole" && tape + length > end)
      throw new MisfitError(`event #${event.seq} (revert) refers to what is not on the tape`);
  }
}
