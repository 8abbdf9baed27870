import type { StoredSnapshot } from "../../../journal/index.ts";
import { SnapshotDamage } from "../base/bytes.ts";
import { indexIn, isFrameFull } from "./frame.ts";
import { partFrames } from "./index-maker.ts";
import type { GroupStore } from "./snapshot-group.ts";

/** The digests of a group's index so far, and the full frames behind it. */
export interface ResumedIndex {
  readonly digests: readonly string[];
  readonly frames: readonly Uint8Array[];
}

/** Returns the digests of a group's index: the frame that completes its last part names them. */
export function storedIndex(store: GroupStore, rows: readonly StoredSnapshot[]): readonly string[] {
  const complete = Math.floor(rows.length / partFrames) * partFrames;
  // The frame that will complete a part may be under way.
  for (const end of [complete, complete - partFrames]) {
    const row = rows[end - 1];
    const bytes = row === undefined ? undefined : store.read(row.seq);
    const index = bytes === undefined ? [] : digestsIn(bytes);
    if (index.length > 0) return index;
  }
  return [];
}

function digestsIn(frame: Uint8Array): readonly string[] {
  try {
    return indexIn(frame);
  } catch (error) {
    if (error instanceof SnapshotDamage) return [];
    throw error;
  }
}

/**
 * Returns the index of a group up to its last frame, with the increments of that one. Undefined if it has none, or one
 * that cannot be read.
 */
export function indexToGoOn(
  store: GroupStore,
  rows: readonly StoredSnapshot[],
  last: readonly Uint8Array[],
): ResumedIndex | undefined {
  const full = isFrameFull(last) ? rows : rows.slice(0, -1);
  const digests = storedIndex(store, full);
  const indexed = Math.floor(full.length / partFrames);
  if (digests.length !== indexed) return undefined;
  const frames: Uint8Array[] = [];
  for (const { seq } of full.slice(indexed * partFrames)) {
    const bytes = store.read(seq);
    if (bytes === undefined) return undefined;
    frames.push(bytes);
  }
  return { digests, frames };
}
