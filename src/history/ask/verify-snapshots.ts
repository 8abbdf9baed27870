import type { Seq, SnapshotStore, StoredSnapshot } from "../../../journal/index.ts";
import { SnapshotDamage } from "../base/bytes.ts";
import { encodeFrame, headersIn, indexIn, isFrameFull, isReadable } from "../snapshots/frame.ts";
import { IndexMaker } from "../snapshots/index-maker.ts";
import type { SnapshotMaker } from "../snapshots/maker.ts";

/** A stored row, and the moments that are in it. */
interface Row {
  readonly seq: Seq;
  readonly bytes: Uint8Array;
  readonly moments: ReadonlySet<Seq>;
}

/** Makes each stored snapshot again, while a maker follows the events, and compares it with what is stored. */
export class SnapshotCheck {
  readonly #snapshots: SnapshotStore;
  readonly #maker: SnapshotMaker;
  readonly #rows: readonly StoredSnapshot[];
  /** The digests of all pages that the full snapshots name. */
  readonly #pages = new Set<string>();
  #next = 0;
  #isOutdated = false;
  /** The row that comes next. */
  #row: Row;
  /** The parts of it that the events made so far. */
  #made: Uint8Array[] = [];
  /** Makes the index of the group again. */
  readonly #indexMaker = new IndexMaker();
  #index: string[] = [];

  constructor(snapshots: SnapshotStore, maker: SnapshotMaker) {
    this.#snapshots = snapshots;
    this.#maker = maker;
    this.#rows = snapshots.list();
    this.#row = this.#read();
  }

  /**
   * Must be called after each event that the maker took. Returns the seq of a stored snapshot that is not what the
   * events make.
   */
  misfitAfter(seq: Seq): Seq | undefined {
    const { moments, bytes } = this.#row;
    if (!moments.has(seq)) return undefined;
    const row = this.#rows[this.#next];
    const isFull = row?.seq === row?.base;
    if (isFull) this.#made = [this.#maker.full((page) => this.#digest(page))];
    else this.#made.push(this.#maker.increment());
    if (seq !== this.#row.seq) return undefined;
    const [full] = this.#made;
    const made = isFull && full !== undefined ? this.#begun(full) : this.#frame(bytes);
    if (this.#isKnown(bytes) && !isEqual(made, bytes)) return seq;
    this.#made = [];
    this.#next += 1;
    this.#row = this.#read();
    return undefined;
  }

  #begun(full: Uint8Array): Uint8Array {
    this.#index = [];
    this.#indexMaker.begin();
    return full;
  }

  /** Encodes the frame that was made; it names the group's index where one is due, unless an older version stored it. */
  #frame(stored: Uint8Array): Uint8Array {
    const frame = encodeFrame(this.#made);
    const part = isFrameFull(this.#made) ? this.#indexMaker.take(frame) : undefined;
    if (part === undefined) return frame;
    this.#index.push(this.#snapshots.digest(part));
    if (isOlder(stored)) return frame;
    for (const digest of this.#index) this.#pages.add(digest);
    return encodeFrame(this.#made, this.#index);
  }

  /** Tells whether all snapshots and pages were met. */
  isComplete(): boolean {
    if (this.#next < this.#rows.length) return false;
    return this.#isOutdated || this.#snapshots.pages() === this.#pages.size;
  }

  /** Reads the next row. One that cannot be read is compared as empty, which nothing is. */
  #read(): Row {
    const { seq, base } = this.#rows[this.#next] ?? { seq: -1 as Seq, base: -1 as Seq };
    const bytes = seq < 0 ? undefined : this.#snapshots.readAny(seq);
    if (bytes === undefined) return { seq, bytes: new Uint8Array(), moments: new Set([seq]) };
    // One of another version is read by nobody.
    this.#isOutdated ||= !isReadable(bytes);
    return { seq, bytes, moments: seq === base ? new Set([seq]) : momentsIn(bytes, seq) };
  }

  #isKnown(bytes: Uint8Array): boolean {
    return bytes.length === 0 || isReadable(bytes);
  }

  #digest(page: Uint8Array): string {
    const digest = this.#snapshots.digest(page);
    this.#pages.add(digest);
    return digest;
  }
}

/** Returns the moments that a frame has, which need not be true; that of its row is always one. */
function momentsIn(bytes: Uint8Array, last: Seq): ReadonlySet<Seq> {
  const moments = new Set([last]);
  try {
    for (const { seq } of headersIn(bytes)) moments.add(seq);
  } catch (error) {
    if (!(error instanceof SnapshotDamage)) throw error;
  }
  return moments;
}

function isOlder(frame: Uint8Array): boolean {
  try {
    return indexIn(frame).length === 0;
  } catch (error) {
    if (error instanceof SnapshotDamage) return false;
    throw error;
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
