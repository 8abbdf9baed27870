import { type Journal, type SnapshotStore, memorySnapshots } from "../../../journal/index.ts";

/** Where a journal keeps its snapshots; new memory where it has no place for them. */
export function storeOf(journal: Journal): SnapshotStore {
  return journal.snapshots?.() ?? memorySnapshots();
}
