import type Database from "better-sqlite3";
import { codeOfKind } from "./kind-code.ts";

/** "rwFS": marks a SQLite file as a journal of ours (`PRAGMA application_id`). */
export const applicationId = 0x72774653;
/** Version of the file's format (`PRAGMA user_version`). */
export const formatVersion = 2;

/**
 * Makes the tables, indexes and views of an empty journal; call it in a transaction. Those of an older version are what
 * `verify` holds a journal to that nobody has migrated yet.
 */
export function createSchema(db: Database.Database, version = formatVersion): void {
  db.pragma(`application_id = ${applicationId}`);
  db.pragma(`user_version = ${version}`);
  db.exec(tables);
  if (version >= 2) addVersion2(db);
  db.exec(views);
}

/** Adds what version 2 has more than version 1, all of it empty; in the schema "temp" it is seen in place of tables. */
export function addVersion2(db: Database.Database, schema: "main" | "temp" = "main"): void {
  for (const table of version2)
    db.exec(schema === "main" ? table : table.replace("CREATE TABLE ", "CREATE TABLE temp."));
}

const tables = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE place (
  id INTEGER PRIMARY KEY,
  ino INTEGER NOT NULL,
  path TEXT NOT NULL,
  UNIQUE (path, ino)
) STRICT;
CREATE INDEX place_ino ON place (ino);
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  run INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  tape INTEGER NOT NULL,
  place INTEGER,
  parent INTEGER,
  start INTEGER,
  size INTEGER,
  detail TEXT
) STRICT;
CREATE INDEX event_place ON event (place);
CREATE TABLE moved (
  seq INTEGER PRIMARY KEY,
  to_parent INTEGER NOT NULL,
  to_place INTEGER NOT NULL,
  replaced INTEGER,
  kept INTEGER
) STRICT;
CREATE INDEX moved_place ON moved (to_place);
CREATE INDEX moved_replaced ON moved (replaced) WHERE replaced IS NOT NULL;
CREATE TABLE segment (
  start INTEGER PRIMARY KEY,
  length INTEGER NOT NULL,
  coding INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE chain (seq INTEGER PRIMARY KEY, digest BLOB NOT NULL) STRICT;
CREATE TABLE snapshot (
  seq INTEGER PRIMARY KEY,
  base INTEGER NOT NULL,
  digest BLOB NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE snapshot_page (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
`;

const version2 = [
  `CREATE TABLE redacted (
  start INTEGER PRIMARY KEY,
  length INTEGER NOT NULL,
  run INTEGER NOT NULL,
  digest BLOB NOT NULL
) STRICT`,
  `CREATE TABLE base (
  seq INTEGER PRIMARY KEY,
  facts TEXT NOT NULL,
  digest BLOB NOT NULL,
  bytes BLOB NOT NULL
) STRICT`,
  "CREATE TABLE base_page (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID",
  `CREATE TABLE kept (
  start INTEGER PRIMARY KEY,
  length INTEGER NOT NULL,
  digest BLOB NOT NULL
) STRICT`,
  `CREATE TABLE signature (
  seq INTEGER NOT NULL,
  key BLOB NOT NULL,
  digest BLOB NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (seq, key)
) STRICT, WITHOUT ROWID`,
];

const kindText = `CASE e.kind ${Object.entries(codeOfKind)
  .map(([kind, code]) => `WHEN ${code} THEN '${kind}'`)
  .join(" ")} END`;

const isoTime = (column: string) =>
  `strftime('%Y-%m-%dT%H:%M:%S', ${column} / 1000000000, 'unixepoch') || printf('.%09dZ', ${column} % 1000000000)`;

const views = `
CREATE VIEW event_log AS
  SELECT e.seq, ${isoTime("e.time")} AS time, nullif(e.run, 0) AS run, ${kindText} AS op,
    p.path, coalesce(q.path, e.detail ->> '$.target') AS "to", nullif(p.ino, 0) AS ino,
    e.start AS "offset", e.size AS length, m.replaced, e.detail
  FROM event e
  LEFT JOIN place p ON p.id = e.place
  LEFT JOIN moved m ON m.seq = e.seq
  LEFT JOIN place q ON q.id = m.to_place;
CREATE VIEW file_history AS
  SELECT p.ino, p.path, e.seq, ${isoTime("e.time")} AS time, nullif(e.run, 0) AS run, ${kindText} AS op,
    e.start AS "offset", e.size AS length
  FROM place p JOIN event e ON e.place = p.id
  WHERE p.ino > 0;
CREATE VIEW run_log AS
  SELECT e.run, e.detail ->> '$.cause' AS kind, e.detail ->> '$.guest' AS guest, e.detail -> '$.args' AS args,
    ${isoTime("e.time")} AS started, ${isoTime("z.time")} AS ended, z.detail ->> '$.exit' AS exit,
    z.detail ->> '$.reason' AS reason, e.seq AS first, z.seq AS last
  FROM event e LEFT JOIN event z ON z.place IS NULL AND z.kind = ${codeOfKind["run-end"]} AND z.run = e.run
  WHERE e.place IS NULL AND e.kind = ${codeOfKind["run-start"]};
CREATE VIEW mark_log AS
  SELECT e.detail ->> '$.name' AS name, e.detail ->> '$.at' AS at, e.seq, ${isoTime("e.time")} AS time
  FROM event e WHERE e.place IS NULL AND e.kind = ${codeOfKind.mark};
`;
