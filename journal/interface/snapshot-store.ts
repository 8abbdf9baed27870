import type { Seq } from "../format/event.ts";

/** A stored snapshot: what changed since the one before it, or (where `base` is `seq`) a whole state. */
export interface StoredSnapshot {
  readonly seq: Seq;
  /** The whole state that it builds on, with the snapshots between. */
  readonly base: Seq;
}

/**
 * Keeps snapshots of a journal as bytes. They are a cache, derivable from the events: nothing is lost with them. A store
 * returns only bytes that it can vouch for: those that were put, for exactly these events.
 */
export interface SnapshotStore {
  /** All that are stored, in order; without rows that damage made of something else. */
  list(): StoredSnapshot[];
  /** The last that is stored; 0 where none is. */
  last(): Seq;
  /** The bytes of the snapshot at `seq`; undefined when it is missing, damaged, or nobody vouches for it. */
  read(seq: Seq): Uint8Array | undefined;
  /** The same, whoever stored it: to be compared with what the events make. */
  readAny(seq: Seq): Uint8Array | undefined;
  /** The page with this digest (32 hex digits); undefined when it is missing or damaged. */
  readPage(digest: string): Uint8Array | undefined;
  /**
   * Is told which snapshots are read next, and up to which event the state is made from them then: a store that fetches
   * them can do so at once.
   */
  expect?(seqs: readonly Seq[], upTo?: Seq): void;
  /**
   * Is told which pages are read next, likewise, and which may be asked for after them, the likeliest first: of these as
   * many come as are worth it. They are not looked at where nothing has to be fetched.
   */
  expectPages?(digests: readonly string[], likely?: Iterable<string>): void;
  /** Runs `act` in one transaction, which may put snapshots and pages. Throws JournalError. */
  transact<T>(act: () => T): T;
  /** Puts a snapshot, in the place of the one at `replaced` if that is given. Gives how many bytes it takes. */
  put(snapshot: StoredSnapshot, bytes: Uint8Array, replaced?: Seq): number;
  /** Keeps a page once, whoever else has the same; gives its digest. */
  putPage(bytes: Uint8Array): string;
  /** Returns the number of stored pages. */
  pages(): number;
  /** The digest that a page of these bytes has. */
  digest(page: Uint8Array): string;
  /** Forgets all of them. */
  clear(): void;
  /** Bytes that snapshots take, and that the whole journal takes. */
  sizes(): { readonly snapshots: number; readonly journal: number };
}
