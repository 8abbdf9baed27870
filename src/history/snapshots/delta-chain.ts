import type { Seq } from "../../../journal/index.ts";
import { ByteReader } from "./bytes.ts";
import { type InodeDelta, eachPart, flag, readDelta, skimDelta } from "./inode-delta.ts";

/** Bytes that hold deltas: a snapshot of what changed, or a page of a whole state. */
export interface DeltaSource {
  readonly seq: Seq;
  readonly bytes: Uint8Array;
  /** What times and places on the tape count from. */
  readonly time: bigint;
  readonly tape: number;
}

/** Told of what befell some parts, oldest first. */
export interface PartVisitor {
  /** The file was cut to so many bytes. */
  cut(size: number): void;
  /** A part, or what changed of it, stands there in the bytes of the source. */
  place(source: DeltaSource, start: number, end: number): void;
}

/** Of longer chains the places are kept by part: in shorter ones a look through all of them is no dearer. */
const longestPlain = 48;
/** Numbers in a row: start of the delta, its flags, start of its parts (0 where it has none), what it cuts the file to. */
const rowLength = 4;
const uncut = -1;
/** Numbers in a place: which delta, which part, start and end. */
const placeLength = 4;

/**
 * What snapshots hold of one inode: its deltas, oldest first. A chain that was made for a late state has the earlier ones
 * in its first deltas: `length` says how many of them count. Deltas are read when they are asked for, since most are
 * passed over: chains are many, and live as long as states that were made from them.
 */
export class DeltaChain {
  readonly #sources: DeltaSource[] = [];
  readonly #rows: number[] = [];
  #length = 0;
  #cuts: "none" | "some" = "none";
  /** Where the deltas of a short chain hold parts, in order, once that was asked for. */
  #places: readonly number[] | undefined;
  /** The same of a long chain, by part. */
  #byPart: Map<number, number[]> | undefined;

  /** With room for so many deltas, and no more than that: most chains are made for a single look. */
  constructor(room = 0) {
    this.#sources.length = room;
    this.#rows.length = room * rowLength;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds the delta at `start`. Throws SnapshotDamage. */
  add(source: DeltaSource, start: number): void {
    const { flags, cut, parts } = skimDelta(new ByteReader(source.bytes, start));
    const row = this.#length * rowLength;
    this.#sources[this.#length] = source;
    this.#rows[row] = start;
    this.#rows[row + 1] = flags;
    this.#rows[row + 2] = parts;
    this.#rows[row + 3] = cut ?? uncut;
    this.#length += 1;
    if (cut !== undefined) this.#cuts = "some";
    this.#places = undefined;
    if (this.#byPart !== undefined) this.#note(this.#byPart, this.length - 1);
    else if (this.length > longestPlain) {
      this.#byPart = new Map();
      for (let which = 0; which < this.length; which += 1) this.#note(this.#byPart, which);
    }
  }

  /** The snapshot that a delta is of; undefined where there is no such delta. */
  seqOf(which: number): Seq | undefined {
    return this.#sources[which]?.seq;
  }

  /** How many of the deltas are of snapshots up to `seq`. */
  lengthUpTo(seq: Seq): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.seqOf(middle) ?? seq) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Which of the first `length` deltas is the last with one of these flags; -1 for none. */
  last(length: number, flags: number): number {
    let which = length - 1;
    while (which >= 0 && ((this.#rows[which * rowLength + 1] ?? 0) & flags) === 0) which -= 1;
    return which;
  }

  delta(which: number): InodeDelta | undefined {
    const source = this.#sources[which];
    if (source === undefined) return undefined;
    const delta = readDelta(
      new ByteReader(source.bytes, this.#rows[which * rowLength]),
      source.time,
    );
    return delta === "gone" ? undefined : delta;
  }

  /** Whether the parts of the oldest delta stand in pages of their own: those of no other can. */
  get isApart(): boolean {
    return ((this.#rows[1] ?? 0) & flag.apart) !== 0;
  }

  /** The parts that the deltas hold anything of, in no order. */
  parts(length: number): Set<number> {
    const parts = new Set<number>();
    for (const places of this.#byPart?.values() ?? [this.#allPlaces()]) {
      for (let at = 0; at < places.length; at += placeLength)
        if ((places[at] ?? length) < length) parts.add(places[at + 1] ?? 0);
    }
    return parts;
  }

  /** Goes through what befell the parts from `first` to before `end`: of each, or of all, in order. */
  visit(first: number, end: number, length: number, visitor: PartVisitor): void {
    if (this.#byPart === undefined) {
      return this.#visit(this.#allPlaces(), first, end, length, visitor);
    }
    for (let part = first; part < end; part += 1)
      this.#visit(this.#byPart.get(part) ?? [], part, part + 1, length, visitor);
  }

  /**
   * The last snapshot that says what one of the parts from `first` to before `end` holds, or that cuts the file to less
   * than `size`; else the oldest.
   */
  changedAt(first: number, end: number, length: number, size: number): Seq {
    let which = 0;
    if (this.#byPart === undefined) which = lastIn(this.#allPlaces(), first, end, length);
    for (let part = first; this.#byPart !== undefined && part < end; part += 1)
      which = Math.max(which, lastIn(this.#byPart.get(part) ?? [], part, part + 1, length));
    for (let at = length - 1; this.#cuts === "some" && at > which; at -= 1) {
      const cut = this.#cut(at);
      if (cut !== uncut && cut < size) which = at;
    }
    return this.#sources[which]?.seq ?? (0 as Seq);
  }

  #visit(
    places: readonly number[],
    first: number,
    end: number,
    length: number,
    visitor: PartVisitor,
  ): void {
    let next = 0;
    for (let at = 0; at < places.length; at += placeLength) {
      const which = places[at] ?? length;
      const part = places[at + 1] ?? 0;
      const source = this.#sources[which];
      if (which >= length || source === undefined) break;
      if (part < first || part >= end) continue;
      // A delta cuts before it says what was written.
      this.#visitCuts(next, which + 1, visitor);
      next = which + 1;
      visitor.place(source, places[at + 2] ?? 0, places[at + 3] ?? 0);
    }
    this.#visitCuts(next, length, visitor);
  }

  #visitCuts(first: number, end: number, visitor: PartVisitor): void {
    for (let which = first; this.#cuts === "some" && which < end; which += 1) {
      const cut = this.#cut(which);
      if (cut !== uncut) visitor.cut(cut);
    }
  }

  #cut(which: number): number {
    return this.#rows[which * rowLength + 3] ?? uncut;
  }

  #allPlaces(): readonly number[] {
    if (this.#places !== undefined) return this.#places;
    const places: number[] = [];
    for (let which = 0; which < this.length; which += 1)
      this.#eachPart(which, (part, start, end) => places.push(which, part, start, end));
    this.#places = places;
    return places;
  }

  #note(byPart: Map<number, number[]>, which: number): void {
    this.#eachPart(which, (part, start, end) => {
      const places = byPart.get(part);
      if (places === undefined) byPart.set(part, [which, part, start, end]);
      else places.push(which, part, start, end);
    });
  }

  #eachPart(which: number, visit: (part: number, start: number, end: number) => void): void {
    const bytes = this.#sources[which]?.bytes;
    const at = this.#rows[which * rowLength + 2] ?? 0;
    if (bytes !== undefined && at > 0) eachPart({ bytes, at }, visit);
  }
}

/** The last of the first `length` deltas that has one of these parts at one of the places, or 0. */
function lastIn(places: readonly number[], first: number, end: number, length: number): number {
  for (let at = places.length - placeLength; at >= 0; at -= placeLength) {
    const which = places[at] ?? 0;
    const part = places[at + 1] ?? 0;
    if (which < length && part >= first && part < end) return which;
  }
  return 0;
}
