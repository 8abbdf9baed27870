import type { Seq } from "../../../journal/index.ts";
import { ByteReader } from "../base/bytes.ts";
import {
  type DeltaLayout,
  type InodeDelta,
  eachPart,
  flag,
  readDelta,
  skimDelta,
} from "./inode-delta.ts";

/** The bytes of an increment, or of a full snapshot's page, with the deltas in them. */
export interface DeltaSource {
  readonly seq: Seq;
  readonly bytes: Uint8Array;
  /** The reference that times and places on the tape are relative to. */
  readonly time: bigint;
  readonly tape: number;
}

/** Receives the changes of some parts, oldest first. */
export interface PartVisitor {
  /** The file was truncated to this size. */
  cut(size: number): void;
  /** The bytes of the source hold the part, or a change of it, from `start` to `end`. */
  place(source: DeltaSource, start: number, end: number): void;
}

/**
 * Longer chains index their places by part once they were looked through so many times: most are asked for few of their
 * parts, and in shorter ones a look through all places is as cheap.
 */
const longestPlain = 48;
const mostLooks = 16;
/** The numbers of a row: start of the delta, and its flags. */
const rowLength = 2;
const uncut = -1;
/** The numbers of a place: the delta's index, the part, start and end. */
const placeLength = 4;

/**
 * The deltas that snapshots hold of one inode, oldest first. For an earlier state only the first `length` deltas of a
 * chain count. Deltas are parsed on demand, since most are skipped, and chains are many and live as long as the states
 * made from them.
 */
export class DeltaChain {
  readonly #sources: DeltaSource[] = [];
  readonly #rows: number[] = [];
  #length = 0;
  #cuts: "none" | "some" = "none";
  /** The places of all parts in a short chain, in order, once they are needed. */
  #places: readonly number[] | undefined;
  #looks = 0;
  /** Holds the same by part. */
  #byPart: Map<number, number[]> | undefined;

  /** Reserves memory for exactly so many deltas: most chains are used once. */
  constructor(room = 0) {
    this.#sources.length = room;
    this.#rows.length = room * rowLength;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds the delta at `start`. Throws SnapshotDamage. */
  add(source: DeltaSource, start: number): void {
    const flags = new ByteReader(source.bytes, start).varint();
    const row = this.#length * rowLength;
    this.#sources[this.#length] = source;
    this.#rows[row] = start;
    this.#rows[row + 1] = flags;
    this.#length += 1;
    if ((flags & flag.cut) !== 0) this.#cuts = "some";
    this.#places = undefined;
    if (this.#byPart !== undefined) this.#note(this.#byPart, this.length - 1);
  }

  /** Returns the seq of a delta's snapshot; undefined if there is no such delta. */
  seqOf(which: number): Seq | undefined {
    return this.#sources[which]?.seq;
  }

  /** Counts the deltas of snapshots up to `seq`. */
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

  /** Returns the index of the last of the first `length` deltas that has one of these flags; -1 if none has. */
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

  /** Tells whether the parts of the oldest delta are in pages of their own; no other delta has such parts. */
  get isApart(): boolean {
    return ((this.#rows[1] ?? 0) & flag.apart) !== 0;
  }

  /** Returns the parts that the deltas hold something of, unordered. */
  parts(length: number): Set<number> {
    const parts = new Set<number>();
    for (const places of this.#byPart?.values() ?? [this.#allPlaces()]) {
      for (let at = 0; at < places.length; at += placeLength)
        if ((places[at] ?? length) < length) parts.add(places[at + 1] ?? 0);
    }
    return parts;
  }

  /** Visits the changes of the parts from `first` up to `end`, without `end`: in order for each part, or for all. */
  visit(first: number, end: number, length: number, visitor: PartVisitor): void {
    this.#look();
    if (this.#byPart === undefined) {
      return this.#visit(this.#allPlaces(), first, end, length, visitor);
    }
    for (let part = first; part < end; part += 1)
      this.#visit(this.#byPart.get(part) ?? [], part, part + 1, length, visitor);
  }

  /**
   * Returns the last snapshot that changes one of the parts from `first` up to `end`, or truncates the file below
   * `size`; else the oldest.
   */
  changedAt(first: number, end: number, length: number, size: number): Seq {
    let which = 0;
    this.#look();
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
      // Within a delta the truncation comes before the writes.
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
    const isCut = ((this.#rows[which * rowLength + 1] ?? 0) & flag.cut) !== 0;
    return (isCut ? this.#layout(which)?.cut : undefined) ?? uncut;
  }

  #layout(which: number): DeltaLayout | undefined {
    const bytes = this.#sources[which]?.bytes;
    if (bytes === undefined) return undefined;
    return skimDelta(new ByteReader(bytes, this.#rows[which * rowLength]));
  }

  /** Counts a look through all places; indexes them by part when there were many. */
  #look(): void {
    this.#looks += 1;
    if (this.#byPart !== undefined || this.length <= longestPlain || this.#looks < mostLooks)
      return;
    this.#byPart = new Map();
    for (let which = 0; which < this.length; which += 1) this.#note(this.#byPart, which);
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
    const at = this.#layout(which)?.parts ?? 0;
    if (bytes !== undefined && at > 0) eachPart({ bytes, at }, visit);
  }
}

/** Returns the index of the last of the first `length` deltas that has one of these parts, or 0. */
function lastIn(places: readonly number[], first: number, end: number, length: number): number {
  for (let at = places.length - placeLength; at >= 0; at -= placeLength) {
    const which = places[at] ?? 0;
    const part = places[at + 1] ?? 0;
    if (which < length && part >= first && part < end) return which;
  }
  return 0;
}
