import { type Journal, type SnapshotStore, memorySnapshots } from "../../../journal/index.ts";

/** Returns the journal's store of snapshots, or a new one in memory if it has none. */
export function storeOf(journal: Journal): SnapshotStore {
  return journal.snapshots?.() ?? memorySnapshots();
}
