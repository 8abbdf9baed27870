import type { Extent, Journal } from "../../../journal/index.ts";
import { type ReadTape, comparableTape, tapeOf } from "../view/read-tape.ts";
import { type UnchangedPiece, unchangedPieces } from "./unchanged-pieces.ts";
import type { Save } from "./save.ts";
import type { Saves } from "./saves.ts";

/** Bytes of either side of a save that is compared. */
const mostBytes = 32 * 1024 * 1024;
/** Bytes that are compared for one question. */
const mostInAll = 1024 * 1024 * 1024;
/** What a save counts at least. */
const leastBytes = 16 * 1024;

/** What one save left alone. Places are those in the file. */
export interface UnchangedBySave {
  readonly unchanged: readonly UnchangedPiece[];
  /** What stood there before, in order, holes included. */
  readonly before: readonly Extent[];
}

interface Content {
  readonly extents: readonly Extent[];
  readonly bytes: Buffer;
  /** The memory that it stands in. */
  readonly room: Buffer;
}

/** Compares what stands before and after saves, those of one question, up to a number of bytes. */
export class SaveTexts {
  readonly #saves: Saves;
  readonly #readTape: ReadTape;
  #left = mostInAll;
  /** What was read last: what one save replaced, another mostly made. */
  #held: Content | undefined;
  #spare: Content | undefined;

  constructor(saves: Saves) {
    this.#saves = saves;
    this.#readTape = tapeToCompare(saves.journal);
  }

  /** "large": it is more than is compared. "spent": too much was compared already. */
  unchangedBy(save: Save, by: "lines" | "bytes"): UnchangedBySave | "large" | "spent" {
    const before = this.#saves.before(save);
    const [was, is] = [lengthOf(before), lengthOf(save.after)];
    if (was === 0 || is === 0) return { unchanged: [], before };
    if (Math.max(was, is) > mostBytes) return "large";
    const cost = Math.max(leastBytes, was + is);
    if (cost > this.#left) return "spent";
    this.#left -= cost;
    const held = this.#held;
    const isHeld = held !== undefined && sameExtents(held.extents, save.after);
    const right = isHeld ? held : this.#read(save.after, is, this.#spare);
    const left = this.#read(before, was, isHeld ? this.#spare : held);
    [this.#held, this.#spare] = [left, right];
    const [from, at] = [before[0]?.offset ?? 0, save.start];
    const unchanged = unchangedPieces(left.bytes, right.bytes, by).map((one) => ({
      from: one.from + from,
      at: one.at + at,
      length: one.length,
    }));
    return { unchanged, before };
  }

  /** Reads into the memory of a content that is not needed any more. */
  #read(extents: readonly Extent[], length: number, into: Content | undefined): Content {
    const room = into?.room ?? Buffer.alloc(0);
    const held = room.length < length ? Buffer.allocUnsafe(Math.ceil(length * 1.25)) : room;
    const bytes = held.subarray(0, length);
    const start = extents[0]?.offset ?? 0;
    for (const extent of extents) {
      const at = extent.offset - start;
      if (extent.tape === "hole") bytes.fill(0, at, at + extent.length);
      else this.#readTape(extent.tape, extent.length, bytes, at);
    }
    return { extents, bytes, room: held };
  }
}

/** What was redacted counts as different wherever it stands. */
function tapeToCompare(journal: Journal): ReadTape {
  const isRedacted = journal.redacted(0, journal.tapeLength(journal.head())).length > 0;
  return isRedacted ? comparableTape(journal) : tapeOf(journal);
}

function lengthOf(extents: readonly Extent[]): number {
  const [first, last] = [extents[0], extents.at(-1)];
  return first === undefined || last === undefined ? 0 : last.offset + last.length - first.offset;
}

function sameExtents(one: readonly Extent[], other: readonly Extent[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ offset, length, tape }, index) => {
      const same = other[index];
      return same?.offset === offset && same.length === length && same.tape === tape;
    })
  );
}
