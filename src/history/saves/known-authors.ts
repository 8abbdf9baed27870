import type { Extent } from "../../../journal/index.ts";
import type { Save } from "./save.ts";
import { type Own, type Piece, part } from "./step-back.ts";

/** Bytes of a file, with the place on the tape where they were first put, and the save that they came with. */
export interface Authored extends Piece {
  readonly save?: Save;
}

const mostContents = 16;
const mostPieces = 100_000;
/** Extents of a content that is remembered: what was saved as a whole has few. */
const mostExtents = 64;

/** The authors of contents that were asked for before: who asks again after one more save goes back no further. */
export class KnownAuthors {
  /** By the content; in the order in which they were used, and each in the order of the file. */
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

/** The authors of pieces of a content all of whose authors are known; pieces are in the order of that content. */
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
