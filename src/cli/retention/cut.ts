import { statSync } from "node:fs";

import {
  type Journal,
  type Run,
  type Seq,
  planCompaction,
  resolvePath,
} from "../../../journal/index.ts";
import { baseState, stepsOf } from "../../history/index.ts";
import type { Policy } from "./policy.ts";

/**
 * Returns the last event that a policy drops: those too old, and the oldest runs until the estimated size is small
 * enough. The last runs of programs to keep stay in any case. Without limits all before these are dropped.
 */
export function cutOf(journal: Journal, policy: Policy, now: bigint): Seq {
  const { keep, maxAgeSeconds, maxBytes } = policy;
  const runs = journal.runs();
  const floor = keep === undefined ? journal.head() : (programsIn(runs).at(-keep)?.first ?? 1) - 1;
  if (maxAgeSeconds === undefined && maxBytes === undefined) return floor as Seq;
  const age = maxAgeSeconds === undefined ? 0 : ageCut(journal, maxAgeSeconds, now);
  const size = maxBytes === undefined ? 0 : sizeCut(journal, maxBytes);
  return Math.min(floor, Math.max(age, size)) as Seq;
}

/** Returns the runs of programs: what an import, an apply or an undo adds to them is not counted. */
function programsIn(runs: readonly Run[]): readonly Run[] {
  return stepsOf(runs).flatMap(({ run, parts }) => {
    const { cause } = run.start;
    return parts.length === 1 && (cause === "guest" || cause === "library") ? [run] : [];
  });
}

function ageCut(journal: Journal, seconds: number, now: bigint): number {
  const oldest = now - BigInt(Math.round(seconds * 1_000)) * 1_000_000n;
  // A run is kept as a whole.
  const last = journal.runs().findLast(({ end }) => end !== undefined && end.time < oldest);
  return last?.last ?? 0;
}

/** Estimated size of an event beside its written bytes. */
const bytesPerEvent = 64;

function sizeCut(journal: Journal, most: number): number {
  const size = journalBytes(journal.file);
  if (size <= most) return 0;
  const ends = journal.runs().map(({ last }) => last);
  const weight = (events: number, bytes: number) => events * bytesPerEvent + bytes;
  const all = weight(journal.head(), journal.tapeLength(journal.head()));
  const fits = (seq: Seq): boolean => {
    const { events, bytes } = planCompaction(journal, seq, baseState);
    return size * (1 - weight(events, bytes) / all) <= most;
  };
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const seq = ends[middle];
    if (seq !== undefined && fits(seq)) high = middle;
    else low = middle + 1;
  }
  return ends[low] ?? 0;
}

/** Returns the size of a journal's file. */
export function journalBytes(file: string): number {
  return statSync(resolvePath(file), { throwIfNoEntry: false })?.size ?? 0;
}
