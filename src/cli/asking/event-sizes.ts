import type { Event, Ino, Journal, Kind } from "../../../journal/index.ts";

/** Returns a file's size just after an event on it; undefined if the event does not concern a size. */
export type SizeAfter = (event: Event) => number | undefined;

/** Returns the size that a file had where a compacted journal begins. */
export type BaseSize = (ino: Ino) => number;

const sizing: ReadonlySet<Kind> = new Set<Kind>(["create", "write", "set-size", "revert"]);

/**
 * For all events from one on, in order: tracks sizes as they change, and reads from the journal only those of files
 * older than the first event.
 */
export function sizesAlong(journal: Journal, inBase: BaseSize = () => 0): SizeAfter {
  const sizes = new Map<Ino, number>();
  return (event) => {
    if (!("ino" in event) || !(sizing.has(event.kind) || event.kind === "link")) return undefined;
    const before =
      sizes.get(event.ino) ??
      (event.kind === "create" ? 0 : sizeAt(sizesOf(journal, event.ino, inBase), event.seq - 1));
    const size = event.kind === "link" ? before : sizeAfter(event, before);
    sizes.set(event.ino, size);
    return size;
  };
}

/** For events in any order, or a selection: reads each file's sizes from the journal, once. */
export function sizesFrom(journal: Journal, inBase: BaseSize = () => 0): SizeAfter {
  const known = new Map<Ino, Sizes>();
  let held = 0;
  return (event) => {
    if (event.kind === "create") return 0;
    if (!("ino" in event) || !(sizing.has(event.kind) || event.kind === "link")) return undefined;
    let sizes = known.get(event.ino);
    if (sizes === undefined || event.seq > sizes.upTo) {
      sizes = sizesOf(journal, event.ino, inBase);
      held += sizes.seqs.length;
      if (held > mostHeld) {
        known.clear();
        held = sizes.seqs.length;
      }
      known.set(event.ino, sizes);
    }
    return sizeAt(sizes, event.seq);
  };
}

/** Most sizes held at a time, of all files together. */
const mostHeld = 2_000_000;

/** The size of one file after each event that could change it. */
interface Sizes {
  readonly upTo: number;
  /** Size before the first event. */
  readonly first: number;
  readonly seqs: readonly number[];
  readonly sizes: readonly number[];
}

function sizesOf(journal: Journal, ino: Ino, inBase: BaseSize): Sizes {
  const seqs: number[] = [];
  const sizes: number[] = [];
  const upTo = journal.head();
  const first = inBase(ino);
  let size = first;
  for (const event of journal.query({ ino, kinds: sizing, last: upTo })) {
    size = sizeAfter(event, size);
    seqs.push(event.seq);
    sizes.push(size);
  }
  return { upTo, first, seqs, sizes };
}

function sizeAfter(event: Event, before: number): number {
  if (event.kind === "write") return Math.max(before, event.offset + event.length);
  return event.kind === "set-size" || event.kind === "revert" ? event.size : 0;
}

/** Returns the last size at or before `seq`. */
function sizeAt({ first, seqs, sizes }: Sizes, seq: number): number {
  let low = 0;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((seqs[middle] ?? Number.POSITIVE_INFINITY) <= seq) low = middle + 1;
    else high = middle;
  }
  return sizes[low - 1] ?? first;
}
