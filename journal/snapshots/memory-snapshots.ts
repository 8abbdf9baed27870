import type { Seq } from "../format/event.ts";
import type { SnapshotStore, StoredSnapshot } from "../interface/snapshot-store.ts";
import { pageDigest } from "./packed.ts";

/** Keeps snapshots in memory, for a journal that has no place for them, or whose own must not be used. */
export function memorySnapshots(): SnapshotStore {
  const snapshots = new Map<Seq, StoredSnapshot & { readonly bytes: Uint8Array }>();
  const pages = new Map<string, Uint8Array>();
  let bytesHeld = 0;
  const digest = (page: Uint8Array): string => pageDigest(page).toString("hex");
  const list = (): StoredSnapshot[] =>
    [...snapshots.values()].toSorted((one, other) => one.seq - other.seq);
  const read = (seq: Seq): Uint8Array | undefined => snapshots.get(seq)?.bytes;

  return {
    list,
    last: () => list().at(-1)?.seq ?? (0 as Seq),
    read,
    readAny: read,
    readPage: (wanted) => pages.get(wanted),
    transact: (act) => act(),
    put(snapshot, bytes, replaced) {
      if (replaced !== undefined) {
        bytesHeld -= read(replaced)?.length ?? 0;
        snapshots.delete(replaced);
      }
      bytesHeld += bytes.length - (read(snapshot.seq)?.length ?? 0);
      snapshots.set(snapshot.seq, { ...snapshot, bytes });
      return bytes.length;
    },
    putPage(page) {
      const name = digest(page);
      if (!pages.has(name)) bytesHeld += page.length;
      pages.set(name, page.slice());
      return name;
    },
    pages: () => pages.size,
    digest,
    clear() {
      snapshots.clear();
      pages.clear();
      bytesHeld = 0;
    },
    sizes: () => ({ snapshots: bytesHeld, journal: bytesHeld + mostBytes }),
  };
}

/** The size that the events are taken to have; snapshots may take a share of it. */
const mostBytes = 256 * 1024 * 1024;
