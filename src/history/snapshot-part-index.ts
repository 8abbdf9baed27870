/** Told of what befell a part, oldest first, by the numbers of bodies. */
interface IndexVisitor {
  cut(which: number): void;
  place(which: number, start: number, end: number): void;
}

/** Where the many bodies of one inode hold each part of its content. Bodies are added in order, by number. */
export class PartIndex {
  /** Bodies that cut the file. */
  readonly #cuts: number[] = [];
  /** By part: body, start and end in its bytes; over and over. */
  readonly #places = new Map<number, number[]>();

  add(part: number, which: number, start: number, end: number): void {
    const places = this.#places.get(part);
    if (places === undefined) this.#places.set(part, [which, start, end]);
    else places.push(which, start, end);
  }

  addCut(which: number): void {
    this.#cuts.push(which);
  }

  /** The parts in bodies before number `length`. */
  parts(length: number): Set<number> {
    const parts = new Set<number>();
    for (const [part, places] of this.#places) if ((places[0] ?? length) < length) parts.add(part);
    return parts;
  }

  visit(part: number, length: number, visitor: IndexVisitor): void {
    const places = this.#places.get(part) ?? [];
    let cut = 0;
    const cutBefore = (end: number): void => {
      for (; (this.#cuts[cut] ?? end) < end; cut += 1) visitor.cut(this.#cuts[cut] ?? 0);
    };
    for (let at = 0; at < places.length; at += 3) {
      const which = places[at] ?? length;
      if (which >= length) break;
      // A body cuts before it says what was written.
      cutBefore(which + 1);
      visitor.place(which, places[at + 1] ?? 0, places[at + 2] ?? 0);
    }
    cutBefore(length);
  }

  /** The last body before number `length` that holds the part, or 0. */
  last(part: number, length: number): number {
    const places = this.#places.get(part) ?? [];
    let at = places.length - 3;
    while (at >= 0 && (places[at] ?? 0) >= length) at -= 3;
    return places[at] ?? 0;
  }
}
