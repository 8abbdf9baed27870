import type { Seq } from "../../journal/index.ts";
import { ByteReader } from "./bytes.ts";
import type { Body } from "./snapshot-body.ts";

/** What one snapshot holds of an inode. */
export interface Source {
  readonly body: Body;
  readonly bytes: Uint8Array;
  /** What places on the tape count from. */
  readonly tape: number;
  readonly seq: Seq;
}

/** Told of what befell a part, oldest first. */
export interface PartVisitor {
  /** The file was cut to so many bytes. */
  cut(size: number): void;
  /** The part, or what changed of it, stands there in the bytes of the source. */
  place(source: Source, start: number, end: number): void;
}

/**
 * What snapshots hold of one inode, oldest first, and where in them each part of its content stands. A chain that was
 * made for a late state has the earlier ones in its first sources: `length` says how many of them count.
 */
export class Chain {
  readonly sources: Source[] = [];
  /** Numbers of the sources that cut the file. */
  readonly #cuts: number[] = [];
  /** By part: the number of the source, start and end in its bytes; over and over. */
  readonly #places = new Map<number, number[]>();

  add(source: Source): void {
    const which = this.sources.length;
    this.sources.push(source);
    const { content } = source.body;
    if (content?.cut !== undefined) this.#cuts.push(which);
    if (content === undefined || content.parts === "apart") return;
    const from = new ByteReader(source.bytes, content.parts);
    let part = 0;
    for (let count = from.varint(); count > 0; count -= 1) {
      part += from.varint();
      const start = from.skip(from.varint());
      const places = this.#places.get(part);
      if (places === undefined) this.#places.set(part, [which, start, from.at]);
      else places.push(which, start, from.at);
    }
  }

  /** The parts that the sources hold anything of, in no order. */
  parts(length: number): number[] {
    const parts: number[] = [];
    for (const [part, places] of this.#places) if ((places[0] ?? length) < length) parts.push(part);
    return parts;
  }

  visit(part: number, length: number, visitor: PartVisitor): void {
    const places = this.#places.get(part) ?? [];
    let cut = 0;
    for (let at = 0; at < places.length; at += 3) {
      const which = places[at] ?? length;
      const source = this.sources[which];
      if (which >= length || source === undefined) break;
      cut = this.#cutUpTo(cut, which + 1, visitor);
      visitor.place(source, places[at + 1] ?? 0, places[at + 2] ?? 0);
    }
    this.#cutUpTo(cut, length, visitor);
  }

  /** The last snapshot that says of a part what it holds, or that cuts the file to less than `end`. */
  changedAt(part: number, length: number, end: number): Seq {
    const places = this.#places.get(part) ?? [];
    let at = places.length - 3;
    while (at >= 0 && (places[at] ?? 0) >= length) at -= 3;
    let last = places[at] ?? 0;
    for (let index = this.#cuts.length - 1; index >= 0; index -= 1) {
      const which = this.#cuts[index] ?? 0;
      if (which <= last) break;
      if (which < length && this.#sizeOfCut(which) < end) last = which;
    }
    return this.sources[last]?.seq ?? (0 as Seq);
  }

  /** Tells of the cuts in sources before `end`, from cut number `first` on; gives the number of the next. */
  #cutUpTo(first: number, end: number, visitor: PartVisitor): number {
    let at = first;
    for (; (this.#cuts[at] ?? end) < end; at += 1)
      visitor.cut(this.#sizeOfCut(this.#cuts[at] ?? 0));
    return at;
  }

  #sizeOfCut(which: number): number {
    return this.sources[which]?.body.content?.cut ?? Number.POSITIVE_INFINITY;
  }
}
