/** Bytes of one of a store's objects. */
export interface ObjectRange {
  /** The pack with the events from `pack` to `last`, or the object of the view with that number. */
  readonly object: { readonly pack: number; readonly last: number } | { readonly part: number };
  readonly start: number;
  readonly length: number;
}

/** A store of journals, as somebody reads one of them. Each call waits for the answer. Throws JournalError. */
export interface RemoteStore {
  /** Returns the bytes of these ranges, in order, of just these lengths. */
  read(ranges: readonly ObjectRange[]): Buffer[];
  /** Returns a later view of the journal, if there is one that was not returned yet. */
  later(): GivenView | undefined;
}

/** A view as a store gives it, and the head that the store signed for it. */
export interface GivenView {
  readonly bytes: Buffer;
  readonly head: number;
  /** The chain's digest there, in hex. */
  readonly digest: string;
}
