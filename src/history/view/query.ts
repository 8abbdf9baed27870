import type { Event, Journal, Query, Seq } from "../../../journal/index.ts";

/** One page of a mutation log. */
export interface Page {
  readonly events: readonly Event[];
  /** Where the next page starts; absent on the last one. Stays good while the journal grows. */
  readonly next?: Seq;
}

/**
 * At most `limit` events that a query selects. Paging by seq is stable: give `next` as `first` (reverse: as `last`) to
 * go on just behind this page.
 */
export function page(journal: Journal, query: Query, limit: number): Page {
  const events: Event[] = [];
  for (const event of journal.query(query)) {
    if (events.length === limit) return { events, next: event.seq };
    events.push(event);
  }
  return { events };
}

/** All paths of the journal that a glob selects, in byte order, for a query's `paths`. `matches` is the compiled glob. */
export function matchingPaths(journal: Journal, matches: (path: string) => boolean): string[] {
  const paths: string[] = [];
  for (const path of journal.paths()) if (matches(path)) paths.push(path);
  return paths;
}
