import { type Journal, type Seq, bytesAdded } from "../../../journal/index.ts";
import { eventsTo } from "../snapshots/events.ts";
import { tapeOf } from "../snapshots/read-tape.ts";
import { type MakerStart, SnapshotMaker } from "../snapshots/maker.ts";
import type { IndexedStart } from "../snapshots/stored-states.ts";
import { storeOf } from "../snapshots/store.ts";
import { misfitOf, taken } from "./event-misfit.ts";
import { PromiseCheck } from "./verify-promises.ts";
import { SnapshotCheck } from "./verify-snapshots.ts";

/** The first event that is impossible in the state before it. */
export interface Misfit {
  readonly seq: Seq;
  readonly path: string;
  readonly reason: string;
}

const eventsPerReport = 4_096;

/** Replays events, and checks each of them and each stored snapshot on the way. */
export class StateCheck {
  readonly snapshots: SnapshotCheck;
  readonly #journal: Journal;
  readonly #maker: SnapshotMaker;
  readonly #promises: PromiseCheck;
  #tape: number;

  /** Begins after the last event of `start`; its index is left out where the snapshots from the first on are checked. */
  constructor(journal: Journal, start: (MakerStart & Partial<IndexedStart>) | undefined) {
    this.#journal = journal;
    const store = storeOf(journal);
    this.#maker = new SnapshotMaker(start, tapeOf(journal));
    this.snapshots = new SnapshotCheck(store, this.#maker, start?.index);
    this.#promises = new PromiseCheck(journal, this.#maker.seq);
    this.#tape = start?.moment.tapeLength ?? 0;
  }

  /** Checks the events up to `last`; each few thousand calls `onProgress` with the last one, and asks if it is to stop. */
  upTo(
    last: Seq,
    onProgress: (replayed: number) => void = () => {},
    isStopped: () => boolean = () => false,
  ): Misfit | undefined {
    const maker = this.#maker;
    for (const event of eventsTo(this.#journal, last, (maker.seq + 1) as Seq)) {
      const { seq } = event;
      if (seq % eventsPerReport === 0) {
        if (isStopped()) return undefined;
        onProgress(seq);
      }
      const reason =
        this.#promises.misfitOf(event, this.#tape) ??
        misfitOf(maker.tree, event, this.#tape) ??
        taken(maker, event);
      if (reason !== undefined) return { seq, path: "path" in event ? event.path : "/", reason };
      this.#tape += bytesAdded(event);
      const other = this.snapshots.misfitAfter(seq);
      if (other !== undefined) return snapshotMisfit(other);
    }
    return undefined;
  }

  /** Returns bytes that only an equal state has, just after a stored snapshot: those that it would be stored as. */
  print(): Uint8Array {
    return this.#maker.print((page) => this.snapshots.digestOf(page));
  }
}

export function snapshotMisfit(seq: Seq): Misfit {
  return { seq, path: "/", reason: "the stored snapshot is not what the events make" };
}
