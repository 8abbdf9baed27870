import { type Event, type RunNumber, openReader } from "../../../journal/index.ts";

/** Calls a function with the events of a journal after one of them, up to the beginning of a run. Throws JournalError. */
export function tellBefore(
  file: string,
  since: number,
  run: RunNumber,
  tell: (event: Event) => void,
): void {
  const journal = openReader(file);
  try {
    const first = journal.run(run)?.first ?? journal.head() + 1;
    for (const event of journal.query({ first: since + 1, last: first - 1 })) tell(event);
  } finally {
    journal.close();
  }
}
