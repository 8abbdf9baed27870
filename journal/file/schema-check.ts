import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
import { versionOf } from "./migrate.ts";
import { statementsOf } from "../format/schema.ts";

/**
 * Checks that the tables, indexes and views of a file are a journal's, all of them and nothing else, before anything is
 * read through them: a trigger or a view in the place of a table would run with every statement. Throws MalformedError.
 */
export function checkSchema(db: Database.Database): void {
  // In one transaction: a writer may migrate the file meanwhile.
  const isOurs = db.transaction(() => {
    const version = versionOf(db);
    const rows = db.prepare<[], SchemaRow>(select).raw().all();
    const expected = expectedRows(version);
    return rows.length === expected.length && rows.every(isAt(expected)) && areApart(db, rows);
  });
  if (!isOurs()) throw new MalformedError("its schema is not a journal's");
}

/** Type, name, table, the statement (null for an index that SQLite made by itself), and where its root is. */
type SchemaRow = readonly [unknown, unknown, unknown, unknown, unknown];

const select = "SELECT type, name, tbl_name, sql, rootpage FROM sqlite_schema ORDER BY name";

/** The rows of a journal of a version, but for where their roots are, in the order of their names. */
function expectedRows(version: number): readonly (readonly (string | null)[])[] {
  const rows = statementsOf(version).map((sql) => {
    const [, type = "", name = "", table = name] = head.exec(sql) ?? [];
    return [type.toLowerCase(), name, table, sql];
  });
  const all = version >= 3 ? rows : [...rows, uniquePlaces];
  return all.sort(([, left], [, right]) => ((left ?? "") < (right ?? "") ? -1 : 1));
}

const head = /^CREATE (TABLE|INDEX|VIEW) (\w+)(?: ON (\w+))?/;

/** What a UNIQUE constraint of older versions makes. */
const uniquePlaces = ["index", "sqlite_autoindex_place_1", "place", null];

function isAt(expected: ReturnType<typeof expectedRows>) {
  return (row: SchemaRow, at: number): boolean =>
    expected[at]?.every((value, column) => row[column] === value) === true;
}

/** Tells whether each table and index has a page of its own to begin with, and a view has none. */
function areApart(db: Database.Database, rows: readonly SchemaRow[]): boolean {
  const pages = Number(db.pragma("page_count", { simple: true }));
  const roots = new Set<number>();
  for (const [type, , , , root] of rows) {
    if (type === "view" && root === 0) continue;
    if (type === "view" || typeof root !== "number" || root < 2 || root > pages) return false;
    if (roots.has(root)) return false;
    roots.add(root);
  }
  return true;
}
