import { MalformedError } from "../format/bytes.ts";
import type { SearchTarget, SeqRange } from "../interface/row-source.ts";
import { firstFrom, firstWhere } from "../interface/search.ts";
import type { PackHead, PackPiece } from "../pack/pack.ts";
import { decodeDirectory, type Directory } from "./directory.ts";
import type { DecodedView, PartPlace } from "./view.ts";

/** A view with its directory, which is fetched when it is first needed. */
export class Catalog {
  readonly view: DecodedView;
  readonly frames: readonly CatalogFrame[];
  /** Bytes of its packs, without their heads. */
  readonly packedBytes: number;
  readonly #fetch: (place: PartPlace) => Buffer;
  #directory: Directory | undefined;
  readonly #lasts: readonly number[];
  readonly #packEnds: readonly number[];
  readonly #parts = new Map<number, readonly number[]>();
  readonly #digests = new Map<number, Buffer>();

  constructor(view: DecodedView, fetch: (place: PartPlace) => Buffer) {
    this.view = view;
    this.#fetch = fetch;
    this.frames = view.packs.flatMap((pack) => {
      let first: number = pack.first;
      return pack.frames.map(({ last, start, length, unpacked }) => {
        const frame = { pack, first, last, start, length, unpacked };
        first = last + 1;
        return frame;
      });
    });
    this.packedBytes = view.packs.reduce(
      (sum, { frames, pieces }) =>
        sum +
        frames.reduce((all, { length }) => all + length, 0) +
        pieces.reduce((all, { stored }) => all + stored, 0),
      0,
    );
    this.#lasts = this.frames.map(({ last }) => last);
    this.#packEnds = view.packs.map(({ tapeEnd }) => tapeEnd);
  }

  directory(): Directory {
    if (this.#directory === undefined) {
      const { directory, packs, snapshots } = this.view;
      const found = decodeDirectory(
        Buffer.isBuffer(directory) ? directory : this.#fetch(directory),
      );
      if (
        found.frames.length !== this.frames.length ||
        found.tapeDigests.length !== packs.length ||
        found.snapshots.length !== snapshots.length
      )
        throw new MalformedError("a directory of another view");
      this.#directory = found;
    }
    return this.#directory;
  }

  /** Returns the number of the frame with an event. */
  frameOf(seq: number): number {
    return firstFrom(this.#lasts, seq);
  }

  partsOf(list: number): readonly number[] {
    const parts =
      this.#parts.get(list) ??
      this.directory()
        .postings.filter((one) => one.list === list)
        .map(({ part }) => part);
    this.#parts.set(list, parts);
    return parts;
  }

  /** Returns the pieces of the tape that have a byte from `start` up to `end`. */
  piecesIn(start: number, end: number): CatalogPiece[] {
    const found: CatalogPiece[] = [];
    for (let at = firstFrom(this.#packEnds, start + 1); at < this.view.packs.length; at += 1) {
      const pack = this.view.packs[at];
      if (pack === undefined || pack.tape >= end) break;
      for (const [index, piece] of pack.pieces.entries())
        if (piece.start < end && piece.start + piece.length > start)
          found.push({ pack, piece, index, at });
    }
    return found;
  }

  /** Returns the parts with the digests of pieces that are not here. */
  digestsOf(
    pieces: readonly CatalogPiece[],
  ): { readonly place: PartPlace; readonly put: (part: Buffer) => void }[] {
    const { tapeDigests } = this.directory();
    const packs = new Map(pieces.map(({ pack, at }) => [pack.first as number, at]));
    return [...packs].flatMap(([first, at]) => {
      const place = tapeDigests[at];
      if (this.#digests.has(first) || place === undefined) return [];
      return [{ place, put: (bytes) => void this.#digests.set(first, Buffer.from(bytes)) }];
    });
  }

  digestOf({ first }: PackHead, index: number): Buffer {
    const digests = this.#digests.get(first) ?? Buffer.alloc(0);
    return digests.subarray(index * 32, (index + 1) * 32);
  }

  narrow(past: SearchTarget, first: number, last: number): SeqRange {
    const { frames } = this.directory();
    const isPast = (index: number) => {
      const frame = frames[index];
      if (frame === undefined) return false;
      return "time" in past ? frame.time > past.time : frame.tapeEnd > past.tape;
    };
    const [low, high] = [this.frameOf(Math.max(first, 1)), this.frameOf(Math.max(last, 1))];
    const found = this.frames[firstWhere(low, Math.min(high, frames.length - 1), isPast) ?? high];
    if (found === undefined) return { first: last, last };
    return { first: Math.max(first, found.first), last: Math.min(last, found.last) };
  }

  /** Returns about the last event at or before a time, as if the events of a frame came at equal distances. */
  near(time: bigint): number {
    const { frames } = this.directory();
    const index = firstWhere(0, frames.length - 1, (one) => (frames[one]?.time ?? time) > time);
    const frame = index === undefined ? undefined : frames[index];
    if (index === undefined || frame === undefined) return this.view.head;
    const { first, last } = this.frames[index] ?? { first: 1, last: 1 };
    const before = frames[index - 1]?.time ?? BigInt(this.view.created);
    const share = Number(time - before) / Math.max(1, Number(frame.time - before));
    return first - 1 + Math.floor(Math.max(0, share) * (last - first + 1));
  }
}

export interface CatalogPiece {
  readonly pack: PackHead;
  readonly piece: PackPiece;
  /** Its number in its pack, and the number of that. */
  readonly index: number;
  readonly at: number;
}

/** A frame of a pack, with all that is known of it. */
interface CatalogFrame {
  readonly pack: PackHead;
  readonly first: number;
  readonly last: number;
  readonly start: number;
  readonly length: number;
  readonly unpacked: number;
}
