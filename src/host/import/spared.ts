import { type Ino, type Name, rootIno } from "../../../journal/index.ts";
import { type Tree, childOf } from "../../fs/index.ts";
import { joinPath } from "../versions/moments.ts";

/** Why an entry of the host cannot take the place of a directory. */
export const holdsElsewhere = "holds what was imported from elsewhere";

/** Knows what an import of a folder leaves alone: what was imported below it from elsewhere, and what holds that. */
export class Spared {
  readonly #tops = new Set<Ino>();
  readonly #above = new Set<Ino>();

  /** `foreign` are paths below the folder, which need not be there. */
  constructor(tree: Tree, guest: string, foreign: readonly string[]) {
    for (const path of foreign) {
      const names = joinPath(guest, path).split("/").slice(1) as Name[];
      const way: Ino[] = [];
      let at: Ino | undefined = rootIno;
      for (const name of names) {
        if (at !== undefined) way.push(at);
        at = at === undefined ? undefined : childOf(tree, at, name);
      }
      if (at === undefined) continue;
      this.#tops.add(at);
      for (const ino of way) this.#above.add(ino);
    }
  }

  /** Tells if something was imported to exactly this place. */
  isTop(ino: Ino): boolean {
    return this.#tops.has(ino);
  }

  /** Tells if it cannot be removed or replaced. */
  has(ino: Ino): boolean {
    return this.#tops.has(ino) || this.#above.has(ino);
  }
}
