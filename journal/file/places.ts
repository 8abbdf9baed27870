import type Database from "better-sqlite3";
import { columnOfText, textOfColumn } from "../format/byte-text.ts";
import { openMultiInsert, rowsTogether } from "./multi-insert.ts";
import type { Place } from "../format/row.ts";

/**
 * Gives each (ino, path) a number, 1, 2, 3… in the order of first use, and inserts a row for a new one. A place that
 * dropped out of memory gets a new number and never its old one again, because a search for it would cost more with
 * each place; but of each inode the last place is found by its number.
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
 * Keeps in memory at least the `most` places that were used last, and at most twice as many; of other inodes the number
 * of the last place, and reads its row again.
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
  /** `older` holds the places that were not used since `known` began. */
  let known = new Known();
  let older = new Known();
  let lastOf = new LastPlaces();
  let last = count.get() ?? 0;
  let isLearnt = last === 0;
  /** The number of rows that wait in `insert`. */
  let waiting = 0;

  function learn(): void {
    isLearnt = true;
    for (const [id, ino, path] of latest.all(Math.min(learnt, most)).reverse())
      known.set(ino, textOfColumn(path), id);
  }

  function remember(ino: number, path: string, id: number): number {
    if (known.size >= most) {
      older = known;
      known = new Known();
    }
    known.set(ino, path, id);
    lastOf.set(ino, id);
    return id;
  }

  /** Returns the number of the last place of an inode, if that had this path. */
  function readAgain(ino: number, path: string): number | undefined {
    const id = lastOf.get(ino);
    return id !== undefined && pathOf.get(id) === columnOfText(path) ? id : undefined;
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
      const id = known.get(ino, path);
      if (id !== undefined) return id;
      const found = older.get(ino, path) ?? readAgain(ino, path);
      return remember(ino, path, found ?? add(ino, path));
    },
    flush,
    last: () => last,
    forget() {
      waiting = 0;
      known = new Known();
      older = new Known();
      lastOf = new LastPlaces();
      last = count.get() ?? 0;
      isLearnt = last === 0;
    },
  };
}

/**
 * Holds numbers by ino, then by path: a number is found faster than a text, and most inodes have one path at a time.
 */
class Known {
  readonly #byIno = new Map<number, Named>();
  size = 0;

  get(ino: number, path: string): number | undefined {
    const named = this.#byIno.get(ino);
    if (named === undefined || named.path === path) return named?.id;
    const id = named.others?.get(path);
    if (id !== undefined) {
      named.path = path;
      named.id = id;
    }
    return id;
  }

  set(ino: number, path: string, id: number): void {
    this.size += 1;
    const named = this.#byIno.get(ino);
    if (named === undefined) {
      this.#byIno.set(ino, { path, id, others: undefined });
      return;
    }
    named.others ??= new Map([[named.path, named.id]]);
    named.others.set(path, id);
    named.path = path;
    named.id = id;
  }
}

/** Inodes are numbered one after another: so their numbers stand in lists. */
const pageInos = 256;
const mostPages = 32_768;

/** The number of the place that each inode was last given, in 8 bytes; forgets all when there are too many. */
class LastPlaces {
  #pages = new Map<number, Float64Array>();

  get(ino: number): number | undefined {
    const id = this.#pages.get(Math.floor(ino / pageInos))?.[ino % pageInos];
    return id === 0 ? undefined : id;
  }

  set(ino: number, id: number): void {
    const number = Math.floor(ino / pageInos);
    let page = this.#pages.get(number);
    if (page === undefined) {
      if (this.#pages.size === mostPages) this.#pages = new Map();
      page = new Float64Array(pageInos);
      this.#pages.set(number, page);
    }
    page[ino % pageInos] = id;
  }
}

/** The path that an inode last had, with its number; `others` holds all paths of an inode that had several. */
interface Named {
  path: string;
  id: number;
  others: Map<string, number> | undefined;
}
