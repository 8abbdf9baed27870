import type { Fetched } from "../format/promise.ts";

/** Finds fetched pieces by the promised positions that they hold. */
export class Pieces {
  readonly #byPage = new Map<number, Fetched[]>();

  at(position: number): Fetched | undefined {
    return this.#byPage
      .get(Math.floor(position / pageBytes))
      ?.find(({ start, length }) => start <= position && position < start + length);
  }

  add(piece: Fetched): Fetched {
    const last = Math.floor((piece.start + piece.length - 1) / pageBytes);
    for (let page = Math.floor(piece.start / pageBytes); page <= last; page += 1) {
      const known = this.#byPage.get(page);
      if (known === undefined) this.#byPage.set(page, [piece]);
      else known.push(piece);
    }
    return piece;
  }
}

/** Visits the bytes of the tape that promised ones are, piece by piece: where, how many, and how many came before. */
export function eachPiece(
  pieceAt: (position: number) => Fetched,
  position: number,
  length: number,
  visit: (tape: number, length: number, done: number) => void,
): void {
  for (let done = 0; done < length;) {
    const piece = pieceAt(position + done);
    const within = position + done - piece.start;
    const count = Math.min(length - done, piece.length - within);
    visit(piece.tape + within, count, done);
    done += count;
  }
}

const pageBytes = 64 * 1024;
