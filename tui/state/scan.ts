import type { Seq } from "../../journal/index.ts";
import { carried, lastByteChange, nextByteChange } from "../../src/history/index.ts";
import type { Breakpoint } from "./breakpoint.ts";
import { lastChange, nextChange } from "./byte-changes.ts";
import { type ByTest, type Criteria, type Matcher, matcherFor } from "./find.ts";
import { collector } from "./matches.ts";
import type { Edits, Matches } from "./state.ts";
import { type Narrowed, isAboutPaths, narrowedAtOnce, narrowedByPaths, slice } from "./narrowed.ts";
import type { Rows } from "../draw/rows.ts";
import { searchRows } from "./row-search.ts";
import type { Recording } from "../recording/recording.ts";

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
      /** Ends with the journal's first or last event, or goes on from its other end. */
      readonly reach: "to the end" | "around";
    }
  /** Rows of the main panel, as it shows `of`. */
  | {
      readonly kind: "rows";
      readonly text: string;
      readonly of: string;
      readonly rows: Rows;
      readonly from: number;
      readonly direction: Direction;
    }
  /** The next one that any breakpoint stops at. */
  | {
      readonly kind: "run";
      readonly breakpoints: readonly Breakpoint[];
      readonly edits?: Edits;
      readonly from: Seq;
      readonly direction: Direction;
    };

export type Direction = "forward" | "reverse";

/** Progress of a scan. */
export interface Progress {
  readonly scanned: number;
  readonly total: number;
  readonly isDone: boolean;
  /** The event that was found. */
  readonly found?: Seq;
  /** Rows of the main panel that match. */
  readonly lines?: readonly number[];
  /** Which way the search went on from the other end. */
  readonly wrapped?: Direction;
  /** The breakpoint that stopped a run. */
  readonly stop?: Breakpoint;
  /** All matches so far. */
  readonly matches?: Matches;
}

/** Runs the scan, a slice each time it is resumed. */
export function* scanning(recording: Recording, scan: Scan): Generator<Progress, Progress> {
  switch (scan.kind) {
    case "filter":
      return yield* collect(recording, scan.criteria, scan.from);
    case "rows":
      return yield* searchRows(scan.rows, scan.text);
    case "search":
      return yield* searching(recording, scan);
    case "run":
      return yield* nextStop(recording, scan);
  }
}

function* searching(
  recording: Recording,
  { criteria, from, direction, reach }: Extract<Scan, { kind: "search" }>,
): Generator<Progress, Progress> {
  const ends = [1 as Seq, recording.head()] as const;
  const [start, end] = direction === "forward" ? ends : ([ends[1], ends[0]] as const);
  const straight = yield* nextMatch(recording, criteria, from, end, direction);
  if (straight.found !== undefined || reach === "to the end") return straight;
  const outside = (direction === "forward" ? start - 1 : start + 1) as Seq;
  const rest = yield* nextMatch(recording, criteria, outside, from, direction);
  return { ...rest, wrapped: direction };
}

function* collect(
  recording: Recording,
  criteria: Criteria,
  from: Seq,
): Generator<Progress, Progress> {
  const head = recording.head();
  const found = collector();
  let narrow = narrowedAtOnce(recording, criteria);
  let isNarrowest = !isAboutPaths(criteria);
  let stride = slice;
  let before = from + 1;
  let after = from + 1;
  const progress = (isDone: boolean): Progress => ({
    scanned: after - before,
    total: head,
    isDone,
    matches: found.matches(),
  });
  while (before > 1 || after <= head) {
    if (!isNarrowest && after - before >= soon) {
      isNarrowest = true;
      const byPaths = pausing(narrowedByPaths(recording, criteria), () => progress(false));
      narrow = (yield* byPaths) ?? narrow;
    }
    let seen = 0;
    if (before > 1) {
      const first = Math.max(1, before - stride);
      const { seqs, looked } = narrow.matching(first, before - 1);
      for (const seq of seqs.toReversed()) found.prepend(seq);
      before = first;
      seen = looked;
      yield progress(false);
    }
    if (after <= head) {
      const last = Math.min(head, after + stride - 1);
      const { seqs, looked } = narrow.matching(after, last);
      for (const seq of seqs) found.append(seq);
      after = last + 1;
      seen = Math.max(seen, looked);
      yield progress(false);
    }
    stride = adjusted(stride, seen, narrow);
  }
  return progress(true);
}

/** Events around the moment that are read before any preparation, so that near ones appear at once. */
const soon = 10 * slice;

/** Adjusts a range to a few milliseconds, after one of `stride` had so many events in it. */
function adjusted(stride: number, seen: number, { widest }: Narrowed): number {
  if (seen > slice) return Math.max(1, Math.floor(stride / 2));
  return seen < slice / 4 ? Math.min(stride * 2, widest) : Math.min(stride, widest);
}

function* pausing<T>(
  work: Generator<undefined, T>,
  progress: () => Progress,
): Generator<Progress, T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    yield progress();
  }
}

/** Finds the first match beyond `from`, up to `bound`. */
function* nextMatch(
  recording: Recording,
  criteria: Criteria,
  from: Seq,
  bound: Seq,
  direction: Direction,
): Generator<Progress, Progress> {
  const total = Math.abs(bound - from);
  let narrow = narrowedAtOnce(recording, criteria);
  let isNarrowest = !isAboutPaths(criteria);
  let stride = slice;
  let scanned = 0;
  while (scanned < total) {
    if (!isNarrowest && scanned >= soon) {
      isNarrowest = true;
      const byPaths = pausing(narrowedByPaths(recording, criteria), () => ({
        scanned,
        total,
        isDone: false,
      }));
      narrow = (yield* byPaths) ?? narrow;
    }
    const count = Math.min(stride, total - scanned);
    const [first, last] =
      direction === "forward"
        ? [from + scanned + 1, from + scanned + count]
        : [from - scanned - count, from - scanned - 1];
    const { seqs, looked } = narrow.matching(first, last);
    const hit = direction === "forward" ? seqs[0] : seqs.at(-1);
    scanned += count;
    if (hit !== undefined) return { scanned, total, isDone: true, found: hit };
    yield { scanned, total, isDone: false };
    stride = adjusted(stride, looked, narrow);
  }
  return { scanned, total, isDone: true };
}

/** Finds the nearest event of all breakpoints; none looks further than another's result. */
function* nextStop(
  recording: Recording,
  { breakpoints, from, direction, edits = "saves" }: Extract<Scan, { kind: "run" }>,
): Generator<Progress, Progress> {
  const end = direction === "forward" ? recording.head() : (1 as Seq);
  const total = Math.abs(end - from);
  let bound = end;
  let found: Seq | undefined;
  let stop: Breakpoint | undefined;
  for (const breakpoint of breakpoints) {
    const seq =
      breakpoint.kind === "events"
        ? (yield* nextMatch(recording, breakpoint.criteria, from, bound, direction)).found
        : edits === "saves"
          ? bytesChanged(recording, breakpoint, from, bound, direction)
          : direction === "forward"
            ? nextChange(recording, breakpoint, from, bound)
            : lastChange(recording, breakpoint, from);
    if (seq === undefined || (direction === "reverse" && seq < bound)) continue;
    if (seq !== found) stop = breakpoint;
    found = seq;
    bound = seq;
  }
  const hit = found === undefined || stop === undefined ? {} : { found, stop };
  return { scanned: total, total, isDone: true, ...hit };
}

/**
 * Finds the end of the nearest edit that changes the bytes, which are followed from the place where they were chosen.
 */
function bytesChanged(
  { saves }: Recording,
  { ino, start, end, at }: Extract<Breakpoint, { kind: "bytes" }>,
  from: Seq,
  bound: Seq,
  direction: Direction,
): Seq | undefined {
  const chosen = { ino, start, end };
  const range = at === undefined ? chosen : carried(saves, chosen, at, from);
  return direction === "forward"
    ? nextByteChange(saves, range, from, bound)
    : lastByteChange(saves, range, from);
}

/** Returns criteria for the events that breakpoints stop at; undefined if there are none. */
export function stops(breakpoints: readonly Breakpoint[]): Criteria | undefined {
  const any = breakpoints.flatMap((one) => (one.kind === "events" ? [one.criteria] : []));
  return any.length === 0 ? undefined : { paths: [], not: [], any };
}

/** Returns a test for a breakpoint, as far as the event alone can tell. */
export function stopsAt(breakpoint: Breakpoint, isBy: ByTest): Matcher {
  if (breakpoint.kind === "events") return matcherFor(breakpoint.criteria, isBy);
  const { ino, start, end } = breakpoint;
  return (event) =>
    event.kind === "write" &&
    event.ino === ino &&
    event.offset < end &&
    event.offset + event.length > start;
}
