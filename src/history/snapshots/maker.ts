import { type Event, type Journal, type Seq, bytesAdded } from "../../../journal/index.ts";
import { type MutableTree, apply, emptyTree } from "../../fs/index.ts";
import {
  type Moment,
  encodeFull,
  encodeIncrement,
  leafInodes,
  rootLeaf,
} from "../deltas/encoding.ts";
import { type TouchedInodes, touch } from "../deltas/touched.ts";

/** The state from which snapshots are made: a plain tree of its own, just after a snapshot. */
export interface MakerStart {
  readonly tree: MutableTree;
  readonly moment: Moment;
  /** The snapshot in which each leaf of the inode table last changed. */
  readonly versions: ReadonlyMap<number, Seq>;
}

const beginning: Moment = {
  seq: 0 as Seq,
  seqBefore: 0 as Seq,
  time: 0n,
  tapeLength: 0,
  tapeBefore: 0,
};

/** Follows the events and encodes snapshots: the same events and moments give the same bytes. */
export class SnapshotMaker {
  readonly tree: MutableTree;
  #touched: TouchedInodes = new Map();
  #at: Moment;
  /** The moment of the last snapshot. */
  #last: Moment;
  readonly #changed: Map<number, Seq>;

  /** Reads listings from the tape. */
  readonly #readTape: Journal["readTape"];

  constructor(start: MakerStart | undefined, readTape: Journal["readTape"]) {
    this.#readTape = readTape;
    this.tree = start?.tree ?? emptyTree();
    this.#at = start?.moment ?? beginning;
    this.#last = this.#at;
    this.#changed = new Map(start?.versions ?? [[rootLeaf, 0 as Seq]]);
  }

  /** The last event that was taken. */
  get seq(): Seq {
    return this.#at.seq;
  }

  /** The seq of the last snapshot. */
  get last(): Seq {
    return this.#last.seq;
  }

  /** The number of inodes that were touched since the last snapshot. */
  get touched(): number {
    return this.#touched.size;
  }

  take(event: Event): void {
    touch(this.#touched, this.tree, event);
    apply(this.tree, event, this.#readTape);
    this.#at = {
      seq: event.seq,
      time: event.time,
      tapeLength: this.#at.tapeLength + bytesAdded(event),
      seqBefore: this.#last.seq,
      tapeBefore: this.#last.tapeLength,
    };
  }

  /** Encodes an increment on the last snapshot. */
  increment(): Uint8Array {
    const bytes = encodeIncrement(this.tree, this.#at, this.#touched);
    this.#finish();
    return bytes;
  }

  /** Encodes a full snapshot; hands its pages to `putPage`, which returns their digests. */
  full(putPage: (bytes: Uint8Array) => string): Uint8Array {
    this.#finish();
    return encodeFull(this.tree, this.#at, this.#changed, putPage);
  }

  /** Encodes the state as `full` does, just after a snapshot, and leaves it to go on. */
  print(digest: (bytes: Uint8Array) => string): Uint8Array {
    return encodeFull(this.tree, this.#at, this.#changed, digest);
  }

  #finish(): void {
    for (const ino of this.#touched.keys()) {
      this.#changed.set(Math.floor(ino / leafInodes), this.#at.seq);
    }
    this.#touched = new Map();
    this.#last = this.#at;
  }
}
