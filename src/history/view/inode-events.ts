import type { Event, Ino, Journal, Query, Seq } from "../../../journal/index.ts";

/** The number of events to look up, or to read in a row, before the quicker way is chosen. */
const sample = 64;
/** Reading all events of a range is quicker than looking up one in eight of them. */
const worth = 8;

/**
 * Yields the events on an inode from `from` to `last`, in order: looks them up if they are few, filters all events if
 * they are many.
 */
export function* inodeEvents(
  journal: Journal,
  ino: Ino,
  last: Seq,
  from = 1 as Seq,
): Generator<Event> {
  let next: number = from;
  let way: "look up" | "read all" = "look up";
  while (next <= last) {
    const first = next as Seq;
    if (way === "read all") {
      const stop = Math.min(last, first + sample * worth - 1) as Seq;
      const events = journal.events(first, stop).filter((event) => concerns(event, ino));
      yield* events;
      next = stop + 1;
      if (events.length < sample) way = "look up";
      continue;
    }
    let found = 0;
    let oldest = first;
    for (const event of journal.query({ ino, first, last })) {
      yield event;
      if (found === 0) oldest = event.seq;
      found += 1;
      next = event.seq + 1;
      if (found === sample) break;
    }
    if (found < sample) return;
    if (next - oldest <= sample * worth) way = "read all";
  }
}

/** Looking up the events of more inodes costs about as much as reading all events. */
const mostLookedUp = 500;

/**
 * Yields the events on any of these inodes, each with its inode, in order for each inode: looks them up if the inodes
 * are few, filters all events if they are many.
 */
export function* eventsOnAny(
  journal: Journal,
  inos: ReadonlySet<Ino>,
  query: Omit<Query, "ino" | "paths" | "order">,
): Generator<readonly [Ino, Event]> {
  if (inos.size <= mostLookedUp) {
    for (const ino of inos)
      for (const event of journal.query({ ...query, ino })) yield [ino, event];
    return;
  }
  for (const event of journal.query(query)) {
    for (const ino of inosIn(event)) if (inos.has(ino)) yield [ino, event];
  }
}

function concerns(event: Event, ino: Ino): boolean {
  return inosIn(event).includes(ino);
}

function inosIn(event: Event): readonly Ino[] {
  if (!("ino" in event)) return [];
  if (event.kind === "exchange") return [event.ino, event.other];
  const replaced = event.kind === "rename" ? event.replaced?.ino : undefined;
  return replaced === undefined || replaced === event.ino ? [event.ino] : [event.ino, replaced];
}
