import type Database from "better-sqlite3";
import { columnOfText, textOfColumn } from "../format/byte-text.ts";
import { openMultiInsert, rowsTogether } from "./multi-insert.ts";
import type { Place } from "../format/row.ts";

/**
 * Gives each (ino, path) a number, 1, 2, 3… in the order of first use, and inserts a row for a new one. A place that
 * dropped out of memory gets a new number and never its old one again, because a search for it would cost more with
 * each place; of each inode the last place stays there.
 */
export interface Places {
  idOf(place: Place): number;
  /** Inserts the waiting rows; must be called before the transaction ends. */
  flush(): void;
  /** Returns the highest number so far. */
  last(): number;
  /** Drops all places from memory; must be called after a transaction was rolled back. */
  forget(): void;
}

/** The number of a journal's last places to load when a place is first asked for. */
const learnt = 8_192;

/**
 * Keeps in memory the last place of each inode, and of the other places at least the `most` that were used last, and at
 * most twice as many. Where the texts of last places take too much room, it reads their rows again.
 */
export function openPlaces(db: Database.Database, most = 65_536): Places {
  const insert = openMultiInsert(db, "place", "(?, ?, ?)", 3);
  const count = db.prepare<[], number>("SELECT ifnull(max(id), 0) FROM place").pluck();
  const latest = db
    .prepare<[number], [number, number, string]>(
      "SELECT id, ino, path FROM place ORDER BY id DESC LIMIT ?",
    )
    .raw();
  const pathOf = db.prepare<[number], unknown>("SELECT path FROM place WHERE id = ?").pluck();
  const readPath = (id: number): string | undefined => {
    const path = pathOf.get(id);
    return typeof path === "string" ? textOfColumn(path) : undefined;
  };
  let lastOf = new LastPlaces(readPath);
  let former = new FormerPlaces(most);
  let last = count.get() ?? 0;
  let isLearnt = last === 0;
  /** The number of rows that wait in `insert`. */
  let waiting = 0;

  function learn(): void {
    isLearnt = true;
    for (const [id, ino, path] of latest.all(Math.min(learnt, most)).reverse())
      remember(ino, textOfColumn(path), id);
  }

  function remember(ino: number, path: string, id: number): number {
    const before = lastOf.replace(ino, path, id);
    if (before !== undefined) former.set(ino, before.path, before.id);
    return id;
  }

  function add(ino: number, path: string): number {
    const id = last + 1;
    const at = waiting * insert.width;
    insert.columns[at] = id;
    insert.columns[at + 1] = ino;
    insert.columns[at + 2] = columnOfText(path);
    waiting += 1;
    if (waiting === rowsTogether) flush();
    last = id;
    return id;
  }

  function flush(): void {
    const rows = waiting;
    waiting = 0;
    insert.run(rows);
  }

  return {
    idOf({ ino, path }) {
      if (!isLearnt) learn();
      return lastOf.get(ino, path) ?? remember(ino, path, former.get(ino, path) ?? add(ino, path));
    },
    flush,
    last: () => last,
    forget() {
      waiting = 0;
      lastOf = new LastPlaces(readPath);
      former = new FormerPlaces(most);
      last = count.get() ?? 0;
      isLearnt = last === 0;
    },
  };
}

/** Inodes are numbered one after another: so their places stand in lists. */
const pageInos = 256;
const mostPages = 32_768;
/** The room that the texts of last places may take, in UTF-16 units. */
const mostText = 32 * 1024 * 1024;
/** Room that a text takes besides its units. */
const textOverhead = 24;

/** The last places of inodes from one number on: their numbers, 0 for none, and their paths as far as they are known. */
class Page {
  readonly ids = new Float64Array(pageInos);
  paths = unknownPaths();
}

function unknownPaths(): (string | undefined)[] {
  return Array.from({ length: pageInos });
}

interface NumberedPath {
  readonly path: string;
  readonly id: number;
}

/** Holds the place that each inode was last given; forgets all when there are too many. */
class LastPlaces {
  readonly #pages = new Map<number, Page>();
  readonly #readPath: (id: number) => string | undefined;
  #text = 0;

  /** `readPath` returns the path of a place whose row is written. */
  constructor(readPath: (id: number) => string | undefined) {
    this.#readPath = readPath;
  }

  /** Returns the number of the last place of an inode, if that has this path. */
  get(ino: number, path: string): number | undefined {
    const page = this.#pages.get(Math.floor(ino / pageInos));
    if (page === undefined) return undefined;
    const at = ino % pageInos;
    return (page.paths[at] ?? this.#read(page, at)) === path ? page.ids[at] : undefined;
  }

  /** Puts another place in the place of an inode's last one, which it returns. */
  replace(ino: number, path: string, id: number): NumberedPath | undefined {
    const page = this.#pageOf(ino);
    const at = ino % pageInos;
    const before = { path: page.paths[at] ?? this.#read(page, at), id: page.ids[at] ?? 0 };
    if (before.path !== undefined) this.#text -= before.path.length + textOverhead;
    page.ids[at] = id;
    this.#hold(page, at, path);
    return before.path === undefined ? undefined : { ...before, path: before.path };
  }

  #pageOf(ino: number): Page {
    const number = Math.floor(ino / pageInos);
    const known = this.#pages.get(number);
    if (known !== undefined) return known;
    if (this.#pages.size === mostPages) {
      this.#pages.clear();
      this.#text = 0;
    }
    const page = new Page();
    this.#pages.set(number, page);
    return page;
  }

  #read(page: Page, at: number): string | undefined {
    const id = page.ids[at] ?? 0;
    const path = id === 0 ? undefined : this.#readPath(id);
    if (path !== undefined) this.#hold(page, at, path);
    return path;
  }

  #hold(page: Page, at: number, path: string): void {
    this.#text += path.length + textOverhead;
    if (this.#text > mostText) {
      for (const full of this.#pages.values()) full.paths = unknownPaths();
      this.#text = path.length + textOverhead;
    }
    page.paths[at] = path;
  }
}

/** Holds at least the `most` places that were used last, and at most twice as many. */
class FormerPlaces {
  readonly #most: number;
  /** `#older` holds what was not used since `#known` began. */
  #known = new Map<number, Map<string, number>>();
  #older = new Map<number, Map<string, number>>();
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(ino: number, path: string): number | undefined {
    return this.#known.get(ino)?.get(path) ?? this.#older.get(ino)?.get(path);
  }

  set(ino: number, path: string, id: number): void {
    if (this.#size >= this.#most) {
      this.#older = this.#known;
      this.#known = new Map();
      this.#size = 0;
    }
    this.#size += 1;
    const paths = this.#known.get(ino);
    if (paths === undefined) this.#known.set(ino, new Map([[path, id]]));
    else paths.set(path, id);
  }
}
