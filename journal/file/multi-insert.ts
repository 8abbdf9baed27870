import type Database from "better-sqlite3";

/** The value of one column of a row. */
export type Column = number | bigint | string | null;

/** Inserts many rows in one statement, at half the cost of one by one. */
export interface MultiInsert {
  /** The number of values in a row. */
  readonly width: number;
  /** Holds the values to insert, one row after another. */
  readonly columns: Column[];
  /** Inserts the first rows of `columns`. */
  run(rows: number): void;
}

/** The most rows that one statement inserts. */
export const rowsTogether = 32;

/** `row` is the VALUES list of one row in SQL, with `width` placeholders. */
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
