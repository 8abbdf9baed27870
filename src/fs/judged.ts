import type { Draft, Event, JournalWriter, Recorder } from "../../journal/index.ts";

const unjudged = Symbol("unjudged");

/** Returns the same journal, which calls `admit` before it appends an event. */
export function judgedBy(journal: JournalWriter, admit: (draft: Draft) => void): JournalWriter {
  const append = (draft: Draft, payload?: Uint8Array): Event => {
    admit(draft);
    return journal.append(draft, payload);
  };
  const judged: JournalWriter = Object.create(journal, { append: { value: append } });
  Object.defineProperty(judged, unjudged, { value: journal });
  return judged;
}

/** Returns the journal behind a judged one, for callers that decide before they append. */
export function withoutJudge(journal: Recorder): Recorder {
  const found: unknown = Reflect.get(journal, unjudged);
  return found === undefined ? journal : (found as Recorder);
}
