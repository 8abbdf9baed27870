import type { Event, Journal, Query, Seq } from "../../../journal/index.ts";

/** One page of a mutation log. */
export interface Page {
  readonly events: readonly Event[];
  /** The start of the next page; absent on the last one. Stays valid while the journal grows. */
  readonly next?: Seq;
}

/**
 * Returns at most `limit` events that a query selects. Paging by seq is stable: pass `next` as `first` (in reverse as
 * `last`) for the next page.
 */
export function page(journal: Journal, query: Query, limit: number): Page {
  const events: Event[] = [];
  for (const event of journal.query(query)) {
    if (events.length === limit) return { events, next: event.seq };
    events.push(event);
  }
  return { events };
}

/**
 * Returns all paths of the journal that a glob selects, in byte order, for a query's `paths`. `matches` is the compiled
 * glob.
 */
export function matchingPaths(journal: Journal, matches: (path: string) => boolean): string[] {
  const paths: string[] = [];
  for (const path of journal.paths()) if (matches(path)) paths.push(path);
  return paths;
}
