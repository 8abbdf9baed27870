import { columnOfText, textOfColumn } from "../format/byte-text.ts";
import { MalformedError } from "../format/bytes.ts";
import type { Event } from "../format/event.ts";
import { placeless } from "../format/kinds.ts";
import type { Stored } from "./stored.ts";

/** Yields all paths of committed and pending events, as texts; in the order of the bytes that columns hold. */
export function* pathsOf(
  stored: Stored,
  pending: readonly Event[],
  reading: <T>(act: () => T) => T,
): IterableIterator<string> {
  const waiting = new Set(pending.flatMap(indexed));
  const extra = Array.from(waiting, columnOfText).toSorted(byBytes);
  for (const column of merged(pagesOf(stored, reading), extra)) yield textOfColumn(column);
}

/** Yields the paths of committed events, in pages. */
function* pagesOf(stored: Stored, reading: <T>(act: () => T) => T): Generator<readonly string[]> {
  let from = "";
  for (;;) {
    const page = reading(() => pageFrom(stored, from));
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    from = `${last}\0`; // its successor in byte order
  }
}

// The index of a damaged file may lead back to an earlier path, in an endless loop.
function pageFrom(stored: Stored, from: string): string[] {
  const page = stored.pathsFrom(from);
  const last: unknown = page.at(-1);
  if (last !== undefined && (typeof last !== "string" || byBytes(last, from) < 0))
    throw new MalformedError("its paths are out of order");
  return page;
}

function* merged(pages: Iterable<readonly string[]>, extra: readonly string[]): Generator<string> {
  let next = 0;
  for (const page of pages)
    for (const path of page) {
      let other = extra[next];
      while (other !== undefined && byBytes(other, path) <= 0) {
        if (other !== path) yield other;
        other = extra[++next];
      }
      yield path;
    }
  yield* extra.slice(next);
}

/** Returns the paths that the index has an event by, or will have. */
function indexed(event: Event): string[] {
  return placeless.has(event.kind) ? [] : namesIn(event);
}

/** Returns the paths that an event names. */
export function namesIn(event: Event): string[] {
  if (event.kind === "rename" || event.kind === "exchange") return [event.path, event.to];
  return "path" in event ? [event.path] : [];
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
