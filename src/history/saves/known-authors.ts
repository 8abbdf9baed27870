import type { Extent } from "../../../journal/index.ts";
import type { Save } from "./save.ts";
import { type Own, type Piece, part } from "./step-back.ts";

/** Bytes of a file, with the place on the tape where they were first written, and the save that they came with. */
export interface Authored extends Piece {
  readonly save?: Save;
}

const mostContents = 16;
const mostPieces = 100_000;
/** The most extents of a content to remember: a file that is saved as a whole has few. */
const mostExtents = 64;

/** Remembers the authors of contents: a question after one more save goes back only to the one before. */
export class KnownAuthors {
  /** Authors by content, in order of use; the authors of a content are in the file's order. */
  readonly #known = new Map<string, readonly Authored[]>();

  get(by: string, extents: readonly Extent[]): readonly Authored[] | undefined {
    const key = keyOf(by, extents);
    const found = key === undefined ? undefined : this.#known.get(key);
    if (key !== undefined && found !== undefined) {
      this.#known.delete(key);
      this.#known.set(key, found);
    }
    return found;
  }

  put(by: string, extents: readonly Extent[], pieces: readonly Authored[]): void {
    const key = keyOf(by, extents);
    if (key === undefined || pieces.length > mostPieces) return;
    this.#known.set(
      key,
      pieces.toSorted((one, other) => one.offset - other.offset),
    );
    if (this.#known.size <= mostContents) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      break;
    }
  }
}

/** Returns the authors of pieces of a content whose authors are all known; pieces are in the order of that content. */
export function* authorsAmong(
  known: readonly Authored[],
  pieces: readonly Own[],
): Generator<Authored> {
  let next = 0;
  for (const { piece, at } of pieces) {
    const end = at + piece.length;
    while (next > 0 && stopOf(known[next]) > at) next -= 1;
    for (; next < known.length; next += 1) {
      const one = known[next];
      if (one === undefined || one.offset >= end) break;
      const [from, to] = [Math.max(one.offset, at), Math.min(stopOf(one), end)];
      if (from >= to) continue;
      const found = part(one, from - one.offset, to - one.offset);
      const author = { ...found, offset: piece.offset + from - at };
      yield one.save === undefined ? author : { ...author, save: one.save };
    }
  }
}

function stopOf(piece: Piece | undefined): number {
  return piece === undefined ? Number.POSITIVE_INFINITY : piece.offset + piece.length;
}

function keyOf(by: string, extents: readonly Extent[]): string | undefined {
  if (extents.length > mostExtents) return undefined;
  const parts = extents.map(({ offset, length, tape }) => `${offset} ${length} ${tape}`);
  return `${by} ${parts.join()}`;
}
