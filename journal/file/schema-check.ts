import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
import { versionOf } from "./migrate.ts";
import { statementsOf } from "../format/schema.ts";

/**
 * Checks that a file has exactly the tables, indexes and views of a journal, before anything is read through them: a
 * foreign trigger or view would run with every statement. Throws MalformedError.
 */
export function checkSchema(db: Database.Database): void {
  // One transaction, because a writer may migrate the file meanwhile.
  const isOurs = db.transaction(() => {
    const version = versionOf(db);
    const rows = db.prepare<[], SchemaRow>(select).raw().all();
    const expected = expectedRows(version);
    return rows.length === expected.length && rows.every(isAt(expected)) && areApart(db, rows);
  });
  if (!isOurs()) throw new MalformedError("its schema is not a journal's");
}

/** Type, name, table, the statement (null for an index that SQLite made by itself), and the root page. */
type SchemaRow = readonly [unknown, unknown, unknown, unknown, unknown];

const select = "SELECT type, name, tbl_name, sql, rootpage FROM sqlite_schema ORDER BY name";

/** Returns the schema rows of a journal of a version, without root pages, in the order of their names. */
function expectedRows(version: number): readonly (readonly (string | null)[])[] {
  const rows = statementsOf(version).map((sql) => {
    const [, type = "", name = "", table = name] = head.exec(sql) ?? [];
    return [type.toLowerCase(), name, table, sql];
  });
  const all = version >= 3 ? rows : [...rows, uniquePlaces];
  return all.sort(([, left], [, right]) => ((left ?? "") < (right ?? "") ? -1 : 1));
}

const head = /^CREATE (TABLE|INDEX|VIEW) (\w+)(?: ON (\w+))?/;

/** The index of a UNIQUE constraint that older versions have. */
const uniquePlaces = ["index", "sqlite_autoindex_place_1", "place", null];

function isAt(expected: ReturnType<typeof expectedRows>) {
  return (row: SchemaRow, at: number): boolean =>
    expected[at]?.every((value, column) => row[column] === value) === true;
}

/** Tells whether each table and index has a root page of its own, and no view has one. */
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
