import type { Extent, Journal } from "../../../journal/index.ts";
import { type ReadTape, comparableTape, tapeOf } from "../snapshots/read-tape.ts";
import { type UnchangedPiece, unchangedPieces } from "./unchanged-pieces.ts";
import type { Save } from "./save.ts";
import { unlessUnread } from "../diff/unread.ts";
import type { Saves } from "./saves.ts";

/** The most bytes of either side of a save to compare. */
const mostBytes = 32 * 1024 * 1024;
/** The most bytes to compare for one question. */
const mostInAll = 1024 * 1024 * 1024;
/** The least that a save counts. */
const leastBytes = 16 * 1024;

/** The bytes that one save left alone. Places are those in the file. */
export interface UnchangedBySave {
  readonly unchanged: readonly UnchangedPiece[];
  /** The file's former extents, in order, with holes. */
  readonly before: readonly Extent[];
}

interface Content {
  readonly extents: readonly Extent[];
  readonly bytes: Buffer;
  /** The memory that holds the bytes. */
  readonly room: Buffer;
}

/** Compares the contents before and after the saves of one question, up to a number of bytes. */
export class SaveTexts {
  readonly #saves: Saves;
  readonly #readTape: ReadTape;
  #left = mostInAll;
  /** The content that was read last: what one save replaced is mostly what the save before made. */
  #held: Content | undefined;
  #spare: Content | undefined;

  constructor(saves: Saves) {
    this.#saves = saves;
    this.#readTape = tapeToCompare(saves.journal);
  }

  /** Returns "large" if the save is larger than what is compared, "spent" if the question's bytes are used up. */
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
    const left = unlessUnread(
      () => this.#read(before, was, isHeld ? this.#spare : held),
      undefined,
    );
    if (left === undefined) return { unchanged: [], before };
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
    this.#readTape.expect?.(
      extents.flatMap((one) =>
        one.tape === "hole" ? [] : [{ start: one.tape, length: one.length }],
      ),
    );
    for (const extent of extents) {
      const at = extent.offset - start;
      if (extent.tape === "hole") bytes.fill(0, at, at + extent.length);
      else this.#readTape(extent.tape, extent.length, bytes, at);
    }
    return { extents, bytes, room: held };
  }
}

/** Makes redacted bytes differ wherever they are. */
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
