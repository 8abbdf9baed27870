import type Database from "better-sqlite3";
import type { Place } from "./row.ts";

/** Gives each (ino, path) its id, making the row where there is none; ids are 1, 2, 3… in the order of first use. */
export interface Places {
  idOf(place: Place): number;
  /** Forgets what it knows by heart; to be called when a transaction was rolled back. */
  forget(): void;
}

export function openPlaces(db: Database.Database, most = 16_384): Places {
  const find = db
    .prepare<[string, number], number>("SELECT id FROM place WHERE path = ? AND ino = ?")
    .pluck();
  const insert = db.prepare<[number, number, string]>("INSERT INTO place VALUES (?, ?, ?)");
  const count = db.prepare<[], number>("SELECT ifnull(max(id), 0) FROM place").pluck();
  const known = new Map<string, { readonly ino: number; readonly id: number }>();
  let last = count.get() ?? 0;

  return {
    idOf({ ino, path }) {
      const remembered = known.get(path);
      if (remembered !== undefined && remembered.ino === ino) return remembered.id;
      let id = find.get(path, ino);
      if (id === undefined) {
        id = last + 1;
        insert.run(id, ino, path);
        last = id;
      }
      if (known.size >= most) known.clear();
      known.set(path, { ino, id });
      return id;
    },
    forget() {
      known.clear();
      last = count.get() ?? 0;
    },
  };
}
