import Database from "better-sqlite3";
import { expect } from "vitest";

export const tables = {
  meta: "key",
  place: "id",
  event: "seq",
  moved: "seq",
  segment: "start",
  chain: "seq",
  redacted: "start",
  base: "seq",
  base_page: "digest",
  kept: "start",
  signature: "seq",
  posting: "part",
} as const;

export type Table = keyof typeof tables;

/** Damages a journal. `pick` chooses whole numbers below a bound. */
type Act = (db: Database.Database, table: Table, pick: (bound: number) => number) => void;

const flip: Act = (db, table, pick) => {
  const { key, columns } = someRow(db, table, pick);
  const column = columns[pick(columns.length)] ?? "";
  const where = `WHERE ${identityOf(table)} = ?`;
  const value: unknown = db
    .prepare(`SELECT ${column} FROM ${table} ${where}`)
    .pluck()
    .safeIntegers()
    .get(key);
  const bytes = bytesOf(value);
  if (bytes.length === 0) return;
  const at = pick(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 + pick(255));
  const damage =
    typeof value === "bigint"
      ? db.prepare(`UPDATE ${table} SET ${column} = ? ${where}`).run(bytes.readBigInt64LE(), key)
      : db
          .prepare(
            `UPDATE ${table} SET ${column} = ${typeof value === "string" ? "CAST(? AS TEXT)" : "?"} ${where}`,
          )
          .run(bytes, key);
  expect(damage.changes).toBe(1);
};

const empty: Act = (db, table, pick) => {
  const { key, columns } = someRow(db, table, pick);
  const column = columns[pick(columns.length)] ?? "";
  const value = pick(2) === 0 ? "NULL" : `${pick(9)}`;
  db.prepare(`UPDATE ${table} SET ${column} = ${value} WHERE ${identityOf(table)} = ?`).run(key);
};

export const drop: Act = (db, table, pick) => {
  db.prepare(`DELETE FROM ${table} WHERE ${identityOf(table)} = ?`).run(
    someRow(db, table, pick).key,
  );
};

const double: Act = (db, table, pick) => {
  const { key, columns } = someRow(db, table, pick);
  const others = columns.filter((column) => column !== tables[table]).join(", ");
  const position = [
    `-${1 + pick(3)}`,
    `0`,
    `(SELECT max(${tables[table]}) + ${1 + pick(3)} FROM ${table})`,
    `${pick(600_000)}`,
  ][pick(4)];
  const newKey = table === "meta" ? "'another'" : position;
  db.prepare(
    `INSERT INTO ${table} (${tables[table]}, ${others}) SELECT ${newKey}, ${others} FROM ${table} WHERE ${identityOf(table)} = ?`,
  ).run(key);
};

const invent: Act = (db, table, pick) => {
  double(db, table, pick);
  const { columns } = someRow(db, table, pick);
  const column = columns[pick(columns.length)] ?? "";
  if (column === tables[table]) return;
  const last = `(SELECT max(${tables[table]}) FROM ${table})`;
  db.prepare(
    `UPDATE ${table} SET ${column} = ${pick(2) === 0 ? "1" : "'x'"} WHERE ${tables[table]} = ${last}`,
  ).run();
};

const swap: Act = (db, table, pick) => {
  const [one, other] = [someRow(db, table, pick), someRow(db, table, pick)];
  const columns = one.columns.filter((column) => column !== tables[table]);
  const chosen = pick(2) === 0 ? columns : [columns[pick(columns.length)] ?? ""];
  const select = db
    .prepare(`SELECT ${chosen.join(", ")} FROM ${table} WHERE ${identityOf(table)} = ?`)
    .raw()
    .safeIntegers();
  const update = db.prepare(
    `UPDATE ${table} SET ${chosen.map((column) => `${column} = ?`).join(", ")} WHERE ${identityOf(table)} = ?`,
  );
  const [first, second] = [select.get(one.key), select.get(other.key)] as unknown[][];
  if (table === "place")
    db.prepare("UPDATE place SET path = path || 'moving' WHERE id = ?").run(one.key);
  update.run(...(first ?? []), other.key);
  update.run(...(second ?? []), one.key);
};

export const acts = { flip, empty, drop, double, invent, swap };

function someRow(db: Database.Database, table: Table, pick: (bound: number) => number) {
  const keys = db
    .prepare<[], number | string | Buffer>(`SELECT ${identityOf(table)} FROM ${table}`)
    .pluck()
    .all();
  const columns = db
    .prepare<[], string>(`SELECT name FROM pragma_table_info('${table}')`)
    .pluck()
    .all();
  return { key: keys[pick(keys.length)] ?? 0, columns };
}

/** Returns an expression that identifies the rows of a table. */
function identityOf(table: Table): string {
  return table === "posting" ? "list || ' ' || part || ' ' || key || ' ' || value" : tables[table];
}

export function dump(db: Database.Database): string {
  return Object.keys(tables)
    .map((table) => {
      const columns = db
        .prepare<[], string>(`SELECT name FROM pragma_table_info('${table}')`)
        .pluck()
        .all();
      const shown = columns
        .map((column) => `typeof(${column}) || hex(${column})`)
        .join(" || ',' || ");
      return db.prepare<[], string>(`SELECT ${shown} FROM ${table}`).pluck().all().join("\n");
    })
    .join("\n\n");
}

function bytesOf(value: unknown): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  if (Buffer.isBuffer(value)) return value;
  const bytes = Buffer.alloc(typeof value === "bigint" ? 8 : 0);
  if (typeof value === "bigint") bytes.writeBigInt64LE(value);
  return bytes;
}
