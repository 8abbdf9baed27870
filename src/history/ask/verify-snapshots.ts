import type { Seq, SnapshotStore, StoredSnapshot } from "../../../journal/index.ts";
import { SnapshotDamage } from "../base/bytes.ts";
import { encodeFrame, headersIn, indexIn, isFrameFull, isReadable } from "../snapshots/frame.ts";
import { IndexMaker } from "../snapshots/index-maker.ts";
import type { SnapshotMaker } from "../snapshots/maker.ts";
import type { ResumedIndex } from "../snapshots/stored-index.ts";

/** A stored row, and the moments that are in it. */
interface Row {
  readonly seq: Seq;
  readonly bytes: Uint8Array;
  readonly moments: ReadonlySet<Seq>;
}

/** The snapshots that a check met. */
export interface Met {
  /** Tells whether the last one that is stored is among them. */
  readonly isAll: boolean;
  /** The digests of their pages. */
  readonly pages: readonly string[];
  /** Tells whether one of them is of another version. */
  readonly isOutdated: boolean;
}

/** Tells whether checks, one after the other, met all that a store has. */
export function areComplete(snapshots: SnapshotStore, checks: readonly Met[]): boolean {
  if (checks.at(-1)?.isAll !== true) return false;
  if (checks.some(({ isOutdated }) => isOutdated)) return true;
  return snapshots.pages() === new Set(checks.flatMap(({ pages }) => pages)).size;
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

  /** Begins with the first snapshot; with the index of a group so far, behind the one at which the maker stands. */
  constructor(snapshots: SnapshotStore, maker: SnapshotMaker, index?: ResumedIndex) {
    this.#snapshots = snapshots;
    this.#maker = maker;
    const rows = snapshots.list();
    this.#rows = index === undefined ? rows : rows.filter(({ seq }) => seq > maker.seq);
    this.#index = [...(index?.digests ?? [])];
    for (const frame of index?.frames ?? []) this.#indexMaker.take(frame);
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

  /** The snapshots that were met so far. */
  get met(): Met {
    const isAll = this.#next === this.#rows.length;
    return { isAll, pages: [...this.#pages], isOutdated: this.#isOutdated };
  }

  /** Returns the digest that a page would have. */
  digestOf(page: Uint8Array): string {
    return this.#snapshots.digest(page);
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
