import {
  type Event,
  type Ino,
  type Journal,
  type Kind,
  movesOf,
  type RunNumber,
  type Seq,
} from "../../../journal/index.ts";
import type { Taken } from "./save.ts";

/** The most events on a path to read for the file that was there before. */
const mostLookedAt = 256;

/**
 * Returns the file whose path a new file took in the run that made it, up to event `last`. The new file was renamed or
 * linked over it, or made where the other had been removed or moved away: programs save files in either way.
 */
export function takenBy(
  journal: Journal,
  created: Event & { readonly kind: "create" },
  last: Seq,
): Taken | undefined {
  const { ino, run, seq, path } = created;
  const there = lostBefore(journal, path, run, seq);
  for (const event of journal.query({ ino, run, first: seq, last, kinds: naming })) {
    const taken = takenAt(journal, event, ino);
    if (taken === undefined) continue;
    // A new file under a temporary name and the old one that is moved aside have the same order of events: the older
    // name is the file that is saved.
    // Each of two files that are exchanged takes the other's path, and the older name tells here, too.
    const isTemporary =
      (there === undefined && event.kind !== "exchange") ||
      firstOn(journal, nameGiven(event, ino)) < firstOn(journal, path);
    if (isTemporary) return taken;
  }
  return there === undefined ? undefined : { ...there, taken: seq };
}

const naming: ReadonlySet<Kind> = new Set<Kind>(["rename", "exchange", "link"]);

function takenAt(journal: Journal, event: Event, ino: Ino): Taken | undefined {
  if (event.kind === "exchange") {
    const other = event.ino === ino ? event.other : event.ino;
    return { ino: other, lost: event.seq, taken: event.seq };
  }
  if ((event.kind !== "rename" && event.kind !== "link") || event.ino !== ino) return undefined;
  const { seq } = event;
  if (event.kind === "rename" && event.replaced !== undefined)
    return { ino: event.replaced.ino, lost: seq, taken: seq };
  const there = lostBefore(journal, nameGiven(event, ino), event.run, seq);
  return there === undefined || there.ino === event.ino ? undefined : { ...there, taken: seq };
}

function nameGiven(event: Event, ino: Ino): string {
  const move = movesOf(event).find((one) => one.ino === ino);
  if (move !== undefined) return move.to;
  return "path" in event ? event.path : "";
}

/** Returns the first event on a path. */
function firstOn(journal: Journal, path: string): number {
  for (const { seq } of journal.query({ paths: [path] })) return seq;
  return Number.POSITIVE_INFINITY;
}

/** Selects the events by which a file may lose its path to another one. */
export const losing: ReadonlySet<Kind> = new Set<Kind>(["unlink", "rename", "exchange"]);

/** Returns the file that took, in the same run, the path that another lost by this event. */
export function successorOf(journal: Journal, ino: Ino, event: Event, last: Seq): Ino | undefined {
  if (event.kind === "rename" && event.replaced?.ino === ino) return event.ino;
  if (event.kind === "exchange") return event.ino === ino ? event.other : event.ino;
  if (event.kind !== "unlink" && event.kind !== "rename") return undefined;
  const { path, run, seq } = event;
  let looked = 0;
  for (const next of journal.query({ paths: [path], run, first: (seq + 1) as Seq, last })) {
    const isTaken = next.kind === "create" || next.kind === "link";
    if (isTaken) return next.ino;
    const move = movesOf(next).find(({ to }) => to === path);
    if (move !== undefined) return move.ino;
    looked += 1;
    if (looked > mostLookedAt) return undefined;
  }
  return undefined;
}

/** Returns the inode that left a path in this run, before the event by which another came there. */
function lostBefore(
  journal: Journal,
  path: string,
  run: RunNumber,
  before: Seq,
): { ino: Ino; lost: Seq } | undefined {
  const query = { paths: [path], run, last: (before - 1) as Seq, order: "reverse" } as const;
  let looked = 0;
  for (const event of journal.query({ ...query, first: journal.run(run)?.first ?? before })) {
    if (event.kind === "unlink") return { ino: event.ino, lost: event.seq };
    const away = movesOf(event).find(({ from }) => from === path);
    if (away !== undefined) return { ino: away.ino, lost: event.seq };
    looked += 1;
    if (event.kind === "rename" || event.kind === "create" || looked > mostLookedAt)
      return undefined;
  }
  return undefined;
}
