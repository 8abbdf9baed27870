import { lstatSync } from "node:fs";

import { pack, recordBytes } from "./packed-stats.ts";

/** Some names of one directory, whose records stand one after another from `first` on. One text takes less to send. */
export interface Slice {
  readonly path: string;
  /** The directory that the path must lead to. */
  readonly dev: bigint;
  readonly ino: bigint;
  readonly names: string;
  readonly count: number;
  readonly first: number;
}

/** Stands between names in a text, and in no name. */
const between = "/";

export function textOf(names: readonly string[]): string {
  return names.join(between);
}

export function namesIn(text: string): string[] {
  return text === "" ? [] : text.split(between);
}

/** Slices whose records share one memory: first a number for each slice that says how far it is, then the records. */
export interface Batch {
  readonly slices: readonly Slice[];
  readonly room: SharedArrayBuffer;
}

/** The stages of a slice. "failed": the looks were not possible, or the path leads elsewhere now. */
export const stages = { waiting: 0, taken: 1, done: 2, failed: 3 } as const;

/** Makes the memory of a batch. */
export function roomFor(slices: readonly Slice[]): SharedArrayBuffer {
  const last = slices.at(-1);
  const records = last === undefined ? 0 : last.first + last.count;
  return new SharedArrayBuffer(recordsAt(slices.length) + records * recordBytes);
}

export function stagesOf({ slices, room }: Batch): Int32Array<SharedArrayBuffer> {
  return new Int32Array(room, 0, slices.length);
}

export function recordsOf({ slices, room }: Batch): DataView<SharedArrayBuffer> {
  return new DataView(room, recordsAt(slices.length));
}

function recordsAt(slices: number): number {
  return Math.ceil((slices * Int32Array.BYTES_PER_ELEMENT) / recordBytes) * recordBytes;
}

/** Takes a slice that nobody has taken and looks at its names; tells if there was one to take. */
export function lookAt(batch: Batch, index: number): boolean {
  const slice = batch.slices[index];
  const at = stagesOf(batch);
  if (slice === undefined) return false;
  if (Atomics.compareExchange(at, index, stages.waiting, stages.taken) !== stages.waiting)
    return false;
  const isKnown = lookAll(slice, recordsOf(batch));
  Atomics.store(at, index, isKnown ? stages.done : stages.failed);
  Atomics.notify(at, index);
  return true;
}

/**
 * Looks at each name by the path of its directory, which takes half the time of a look from its descriptor. The path
 * must lead to the directory before and after.
 */
function lookAll(slice: Slice, records: DataView): boolean {
  const { path, names, first } = slice;
  const start = path.endsWith("/") ? path : `${path}/`;
  try {
    if (!leadsTo(slice)) return false;
    for (const [index, name] of namesIn(names).entries())
      pack(records, (first + index) * recordBytes, lstatSync(start + name, options));
    return leadsTo(slice);
  } catch {
    // Whoever needs it looks again, and says what is wrong.
    return false;
  }
}

function leadsTo({ path, dev, ino }: Slice): boolean {
  const there = lstatSync(path, options);
  return there?.dev === dev && there.ino === ino;
}

const options = { bigint: true, throwIfNoEntry: false } as const;
