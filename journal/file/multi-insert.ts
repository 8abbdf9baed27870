import type Database from "better-sqlite3";

/** What a row has in one column. */
export type Column = number | bigint | string | null;

/** Inserts rows, many in one statement: so they cost half of what they cost one by one. */
export interface MultiInsert {
  /** Values of a row. */
  readonly width: number;
  /** Where the values are to be put, one row after another. */
  readonly columns: Column[];
  /** Inserts the first rows of `columns`. */
  run(rows: number): void;
}

/** The most rows that are inserted at a time. */
export const rowsTogether = 32;

/** `row`: the values of a row as SQL has them, with as many marks as `width` says. */
export function openMultiInsert(
  db: Database.Database,
  table: string,
  row: string,
  width: number,
): MultiInsert {
  const rows = Array.from({ length: rowsTogether }, () => row);
  const several = db.prepare<[Column[]]>(`INSERT INTO ${table} VALUES ${rows.join()}`);
  const single = db.prepare<[Column[]]>(`INSERT INTO ${table} VALUES ${row}`);
  const columns: Column[] = Array.from({ length: rowsTogether * width }, () => null);
  return {
    width,
    columns,
    run(count) {
      if (count === rowsTogether) several.run(columns);
      else
        for (let at = 0; at < count; at++) single.run(columns.slice(at * width, (at + 1) * width));
    },
  };
}
