import type Database from "better-sqlite3";
import type { Journal } from "./journal.ts";

const handle = Symbol("database");

/** Gives a journal that this folder made the database behind it, out of sight of those who use it. */
export function withDatabase<T extends Journal>(journal: T, db: Database.Database): T {
  Object.defineProperty(journal, handle, { value: db });
  return journal;
}

/** The database behind a journal. */
export function databaseOf(journal: Journal): Database.Database {
  const db: unknown = Reflect.get(journal, handle);
  if (db === undefined) throw new TypeError("not a journal that journal/ opened");
  return db as Database.Database;
}
