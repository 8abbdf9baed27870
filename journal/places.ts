import type Database from "better-sqlite3";
import type { Place } from "./row.ts";

/** Gives each (ino, path) its id, making the row where there is none; ids are 1, 2, 3… in the order of first use. */
export interface Places {
  idOf(place: Place): number;
  /** Forgets what it knows by heart; to be called when a transaction was rolled back. */
  forget(): void;
}

/** `most`: places that it knows by heart, at least so many of those used last, at most twice as many. */
export function openPlaces(db: Database.Database, most = 65_536): Places {
  const find = db
    .prepare<[string, number], number>("SELECT id FROM place WHERE path = ? AND ino = ?")
    .pluck();
  const insert = db.prepare<[number, number, string]>("INSERT INTO place VALUES (?, ?, ?)");
  const count = db.prepare<[], number>("SELECT ifnull(max(id), 0) FROM place").pluck();
  const highest = db.prepare<[], number>("SELECT ifnull(max(ino), 0) FROM place").pluck();
  /** By ino, under the path it was last used with; what was not used since `known` began is in `older`. */
  let known = new Map<number, Known>();
  let older = new Map<number, Known>();
  let last = count.get() ?? 0;
  let lastIno = highest.get() ?? 0;

  function remember(ino: number, path: string, id: number): number {
    if (known.size >= most) {
      older = known;
      known = new Map();
    }
    known.set(ino, { path, id });
    return id;
  }

  function add(ino: number, path: string): number {
    const id = last + 1;
    insert.run(id, ino, path);
    last = id;
    if (ino > lastIno) lastIno = ino;
    return id;
  }

  return {
    idOf({ ino, path }) {
      const recent = known.get(ino);
      if (recent?.path === path) return recent.id;
      const old = older.get(ino);
      if (old?.path === path) return remember(ino, path, old.id);
      // An inode that is new has no place yet, and most places are those of new inodes.
      const found = ino > lastIno ? undefined : find.get(path, ino);
      return remember(ino, path, found ?? add(ino, path));
    },
    forget() {
      known.clear();
      older.clear();
      last = count.get() ?? 0;
      lastIno = highest.get() ?? 0;
    },
  };
}

interface Known {
  readonly path: string;
  readonly id: number;
}
