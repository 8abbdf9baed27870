import type { Draft, Event, JournalWriter, Recorder } from "../../journal/index.ts";

const unjudged = Symbol("unjudged");

/** The same journal, to which facts are only appended after `admit` has returned. */
export function judgedBy(journal: JournalWriter, admit: (draft: Draft) => void): JournalWriter {
  const append = (draft: Draft, payload?: Uint8Array): Event => {
    admit(draft);
    return journal.append(draft, payload);
  };
  const judged: JournalWriter = Object.create(journal, { append: { value: append } });
  Object.defineProperty(judged, unjudged, { value: journal });
  return judged;
}

/** The journal behind one that is judged: for who decides before it appends. */
export function withoutJudge(journal: Recorder): Recorder {
  const found: unknown = Reflect.get(journal, unjudged);
  return found === undefined ? journal : (found as Recorder);
}
