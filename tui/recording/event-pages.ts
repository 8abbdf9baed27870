import { type Event, type Journal, JournalError, type Seq } from "../../journal/index.ts";

/** A screen shows a page or two of events: coming from afar waits only for those. */
const pageEvents = 64;
const mostPages = 256;

/**
 * Returns a function that reads events up to the head, in pages which are kept for a while; it gives undefined for one
 * that there is not, or that is damaged.
 */
export function eventPages(journal: Journal, head: () => Seq): (seq: Seq) => Event | undefined {
  const pages = new Map<number, readonly (Event | undefined)[]>();

  const page = (number: number): readonly (Event | undefined)[] => {
    const known = pages.get(number);
    const first = number * pageEvents + 1;
    const full = Math.min(pageEvents, head() - first + 1);
    const events =
      known !== undefined && known.length >= full
        ? known
        : eventsOf(journal, first, first + full - 1);
    pages.delete(number);
    pages.set(number, events);
    if (pages.size > mostPages)
      for (const oldest of pages.keys()) {
        pages.delete(oldest);
        break;
      }
    return events;
  };

  return (seq) =>
    seq < 1 || seq > head()
      ? undefined
      : page(Math.floor((seq - 1) / pageEvents))[(seq - 1) % pageEvents];
}

/** Returns the events of a page; unreadable and folded ones are missing. */
function eventsOf(journal: Journal, first: number, last: number): readonly (Event | undefined)[] {
  try {
    const events = journal.events(first as Seq, last as Seq);
    if (events.length === last - first + 1) return events;
    const bySeq = new Map(events.map((one) => [one.seq as number, one]));
    return Array.from({ length: last - first + 1 }, (_, index) => bySeq.get(first + index));
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
  }
  return Array.from({ length: last - first + 1 }, (_, index) => {
    try {
      return journal.event((first + index) as Seq);
    } catch (error) {
      if (error instanceof JournalError) return undefined;
      throw error;
    }
  });
}
