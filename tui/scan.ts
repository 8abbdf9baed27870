import type { Event, Kind, Seq } from "../journal/index.ts";
import { matchingPaths } from "../src/history/index.ts";
import type { Breakpoint } from "./breakpoint.ts";
import { lastChange, nextChange } from "./byte-changes.ts";
import type { Progress } from "./effect.ts";
import { type Criteria, type Matcher, matcherFor, operations, pathMatcher } from "./find.ts";
import { collector } from "./matches.ts";
import type { Recording } from "./recording.ts";

/** A search through the events that may take a while. */
export type Scan =
  /** All that match, nearest to `from` first. */
  | { readonly kind: "filter"; readonly criteria: Criteria; readonly from: Seq }
  /** The next one that matches. */
  | {
      readonly kind: "search";
      readonly criteria: Criteria;
      readonly from: Seq;
      readonly direction: Direction;
    }
  /** The next one that any breakpoint stops at. */
  | {
      readonly kind: "run";
      readonly breakpoints: readonly Breakpoint[];
      readonly from: Seq;
      readonly direction: Direction;
    };

export type Direction = "forward" | "reverse";

/** Events that are looked at between two pauses: a few milliseconds. */
const slice = 2_000;

/** Does the scan, a slice each time it is asked to go on. */
export function* scanning(recording: Recording, scan: Scan): Generator<Progress, Progress> {
  switch (scan.kind) {
    case "filter":
      return yield* collect(recording, scan.criteria, scan.from);
    case "search": {
      const bound = scan.direction === "forward" ? recording.head() : 1;
      return yield* nextMatch(recording, scan.criteria, scan.from, bound as Seq, scan.direction);
    }
    case "run":
      return yield* nextStop(recording, scan.breakpoints, scan.from, scan.direction);
  }
}

function* collect(
  recording: Recording,
  criteria: Criteria,
  from: Seq,
): Generator<Progress, Progress> {
  const head = recording.head();
  const found = collector();
  const total = head;
  const narrow = narrowed(recording, criteria);
  const matches = matcherFor(criteria);
  let before = from + 1;
  let after = from + 1;
  const progress = (isDone: boolean): Progress => ({
    scanned: after - before,
    total,
    isDone,
    matches: found.matches(),
  });
  while (before > 1 || after <= head) {
    if (before > 1) {
      const first = Math.max(1, before - narrow.stride);
      for (const event of narrow.events(first, before - 1).reverse())
        if (matches(event)) found.prepend(event.seq);
      before = first;
      yield progress(false);
    }
    if (after <= head) {
      const last = Math.min(head, after + narrow.stride - 1);
      for (const event of narrow.events(after, last)) if (matches(event)) found.append(event.seq);
      after = last + 1;
      yield progress(false);
    }
  }
  return progress(true);
}

/** The first match beyond `from`, up to `bound`. */
function* nextMatch(
  recording: Recording,
  criteria: Criteria,
  from: Seq,
  bound: Seq,
  direction: Direction,
): Generator<Progress, Progress> {
  const total = Math.abs(bound - from);
  const narrow = narrowed(recording, criteria);
  const matches = matcherFor(criteria);
  let scanned = 0;
  while (scanned < total) {
    const count = Math.min(narrow.stride, total - scanned);
    const [first, last] =
      direction === "forward"
        ? [from + scanned + 1, from + scanned + count]
        : [from - scanned - count, from - scanned - 1];
    const events = narrow.events(first, last);
    const hit = direction === "forward" ? events.find(matches) : events.findLast(matches);
    scanned += count;
    if (hit !== undefined) return { scanned, total, isDone: true, found: hit.seq };
    yield { scanned, total, isDone: false };
  }
  return { scanned, total, isDone: true };
}

/** The nearest of what each breakpoint finds; none looks further than what another found already. */
function* nextStop(
  recording: Recording,
  breakpoints: readonly Breakpoint[],
  from: Seq,
  direction: Direction,
): Generator<Progress, Progress> {
  const end = direction === "forward" ? recording.head() : (1 as Seq);
  const total = Math.abs(end - from);
  let bound = end;
  let found: Seq | undefined;
  for (const breakpoint of breakpoints) {
    const seq =
      breakpoint.kind === "events"
        ? (yield* nextMatch(recording, breakpoint.criteria, from, bound, direction)).found
        : direction === "forward"
          ? nextChange(recording, breakpoint, from, bound)
          : lastChange(recording, breakpoint, from);
    if (seq === undefined || (direction === "reverse" && seq < bound)) continue;
    found = seq;
    bound = seq;
  }
  return { scanned: total, total, isDone: true, ...(found === undefined ? {} : { found }) };
}

/** How the events of a range that can match at all are got: by an index where one helps. */
interface Narrowed {
  readonly events: (first: number, last: number) => Event[];
  /** Length of a range that takes a few milliseconds. */
  readonly stride: number;
}

/** More paths than this are not looked up one by one. */
const mostPaths = 256;

function narrowed(recording: Recording, criteria: Criteria): Narrowed {
  const { journal } = recording;
  const kinds = kindsFor(criteria);
  const paths = pathsFor(recording, criteria);
  if (paths !== undefined && paths.length <= mostPaths)
    return {
      stride: slice * 20,
      events: (first, last) => [
        ...journal.query({ first: first as Seq, last: last as Seq, paths }),
      ],
    };
  if (kinds !== undefined || criteria.run !== undefined)
    return {
      stride: slice * 5,
      events: (first, last) => [
        ...journal.query({
          first: first as Seq,
          last: last as Seq,
          ...(kinds === undefined ? {} : { kinds }),
          ...(criteria.run === undefined ? {} : { run: criteria.run }),
        }),
      ],
    };
  return { stride: slice, events: (first, last) => journal.events(first as Seq, last as Seq) };
}

/** The only kinds that can match; undefined where any can. */
function kindsFor({ kinds, error, not }: Criteria): ReadonlySet<Kind> | undefined {
  if (error !== undefined) return new Set(["fail"]);
  const never = new Set(not.flatMap((one) => (isKindsOnly(one) ? [...(one.kinds ?? [])] : [])));
  if (kinds === undefined && never.size === 0) return undefined;
  return new Set(operations.filter((kind) => kinds?.has(kind) !== false && !never.has(kind)));
}

function isKindsOnly({ run, error, paths, not, any }: Criteria): boolean {
  return (
    run === undefined &&
    error === undefined &&
    any === undefined &&
    paths.length === 0 &&
    not.length === 0
  );
}

function pathsFor(recording: Recording, { paths }: Criteria): readonly string[] | undefined {
  const exact = paths.flatMap((test) => (test.kind === "exact" ? [test.path] : []));
  if (exact.length > 0) return exact.slice(0, 1);
  const test = pathMatcher(paths);
  if (test === undefined) return undefined;
  const key = `paths ${recording.head()} ${JSON.stringify(paths)}`;
  return recording.built.get(key, () => matchingPaths(recording.journal, test)) as string[];
}

/** Tells whether a breakpoint stops at an event, as far as the event alone can tell. */
export function stopsAt(breakpoint: Breakpoint): Matcher {
  if (breakpoint.kind === "events") return matcherFor(breakpoint.criteria);
  const { ino, start, end } = breakpoint;
  return (event) =>
    event.kind === "write" &&
    event.ino === ino &&
    event.offset < end &&
    event.offset + event.length > start;
}
