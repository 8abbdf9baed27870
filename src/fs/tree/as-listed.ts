import type { Ino, Listing } from "../../../journal/index.ts";
import { ListingOrigin } from "./listing.ts";
import { originAt, unusedPages } from "../table/table-range.ts";
import { width } from "../table/table.ts";
import type { Tree } from "./tree.ts";

/** The entries of a directory in a list, from `start` up to `end`. */
export interface ListedEntries {
  readonly origin: ListingOrigin;
  readonly listing: Listing;
  readonly start: number;
  readonly end: number;
}

/** Knows, without making any inode, which entries are in some states as a list of the host has them. */
export class AsListed {
  readonly #trees: readonly Tree[];
  readonly #origins: readonly ListingOrigin[];
  /** The page that was asked about last, and the answer. */
  #last:
    | { readonly page: number; readonly origin: ListingOrigin; readonly is: boolean }
    | undefined;

  constructor(trees: readonly Tree[]) {
    this.#trees = trees;
    const [first] = trees;
    const found = new Set<ListingOrigin>();
    if (first !== undefined)
      for (const [, origin] of unusedPages(first.inodes))
        if (origin instanceof ListingOrigin) found.add(origin);
    this.#origins = [...found];
  }

  /** Returns what a list has in a directory; undefined for a directory of no list. */
  in(directory: Ino): ListedEntries | undefined {
    for (const origin of this.#origins) {
      const { event, listing } = origin;
      if (event.ino === directory) return { origin, listing, start: 0, end: listing.top };
      const index = directory - event.first;
      if (index < 0 || index >= listing.count || listing.type(index) !== "directory") continue;
      const start = listing.firstIn(index);
      return { origin, listing, start, end: start + listing.childrenOf(index) };
    }
    return undefined;
  }

  /** Tells if an entry, by its index in a list, is as listed in all states: its inode, its names, and what it holds. */
  has(origin: ListingOrigin, index: number): boolean {
    const ino = origin.event.first + origin.listing.target(index);
    const page = Math.floor(ino / width);
    if (this.#last?.page !== page || this.#last.origin !== origin) {
      const is = this.#trees.every(({ inodes }) => isOf(originAt(inodes, ino), origin));
      this.#last = { page, origin, is };
    }
    return this.#last.is;
  }

  /** Forgets the last answer: a page may have been used since. */
  refresh(): void {
    this.#last = undefined;
  }
}

function isOf(found: unknown, origin: ListingOrigin): boolean {
  return found === origin || (found instanceof ListingOrigin && found.isSame(origin));
}
