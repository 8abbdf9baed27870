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

const pageBytes = 64 * 1024;
