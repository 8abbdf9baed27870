import type Database from "better-sqlite3";
import { MalformedError } from "./bytes.ts";
import { mode } from "./encoding.ts";
import type { Field } from "./field.ts";
import { definitions, fieldsOf, kinds } from "./kinds.ts";

/** "rwFS": marks a SQLite file as a journal of ours (`PRAGMA application_id`). */
export const applicationId = 0x72774653;
/** Version of the file's format (`PRAGMA user_version`). */
export const formatVersion = 6;

/** Makes the tables, indexes and views of an empty journal; call it in a transaction. */
export function createSchema(db: Database.Database): void {
  db.pragma(`application_id = ${applicationId}`);
  db.pragma(`user_version = ${formatVersion}`);
  for (const sql of statementsOf(formatVersion)) db.exec(sql);
}

/** Returns the statements that make a journal of a version, spelled as SQLite keeps them. */
export function statementsOf(version: number): readonly string[] {
  return [
    ...tables.map((sql) =>
      version >= 6 && sql.startsWith("CREATE TABLE event ")
        ? sql.replace(/\) STRICT$/u, `, ${processColumn}) STRICT`)
        : sql,
    ),
    ...(version >= 3 ? version3 : beforeVersion3),
    ...(version >= 2 ? [...version2, birthView] : []),
    ...(version >= 5 ? [promiseIndex] : []),
    ...viewsOf(version),
  ];
}

/** Makes version 2 of the tables and views of version 1, and of the rows in them; call it in a transaction. */
export function migrateToVersion2(db: Database.Database): void {
  addVersion2(db);
  db.exec("UPDATE event SET time = time - (SELECT time FROM birth)");
  dropViews(db);
  for (const view of viewsOf(2)) db.exec(view);
}

/** Lets a connection read version 1 as if it were version 2: what that lacks is the connection's own. */
export function readAsVersion2(db: Database.Database): void {
  for (const table of version2) db.exec(table.replace("CREATE TABLE ", "CREATE TABLE temp."));
  // A writer may migrate it while this connection reads it.
  db.exec(`CREATE TEMP VIEW birth AS SELECT CASE (SELECT user_version FROM pragma_user_version) WHEN 1 THEN 0
    ELSE (SELECT CAST(value AS INTEGER) FROM main.meta WHERE key = 'created') END AS time`);
}

/** Makes version 3 of the tables of version 2, with an index that is empty yet; call it in a transaction. */
export function migrateToVersion3(db: Database.Database): void {
  // A table that is renamed takes the views that refer to it along.
  dropViews(db);
  db.exec("DROP INDEX event_place; DROP INDEX moved_place");
  db.exec("ALTER TABLE place RENAME TO place_before");
  for (const sql of version3) db.exec(sql);
  db.exec("INSERT INTO place SELECT id, ino, path FROM place_before ORDER BY id");
  db.exec("DROP TABLE place_before");
  for (const view of viewsOf(3)) db.exec(view);
}

/** Lets a connection read an older version as if it were version 3 with an index that is empty. */
export function readAsVersion3(db: Database.Database): void {
  db.exec(postingTable.replace("CREATE TABLE ", "CREATE TABLE temp."));
}

/** Makes version 4 of the views of version 3, whose events say no modes; call it in a transaction. */
export function migrateToVersion4(db: Database.Database): void {
  dropViews(db);
  for (const view of viewsOf(4)) db.exec(view);
}

/** Makes version 5 of version 4, which has no listings; call it in a transaction. */
export function migrateToVersion5(db: Database.Database): void {
  db.exec(promiseIndex);
  dropViews(db);
  for (const view of viewsOf(5)) db.exec(view);
}

/** Makes version 6 of version 5, whose events name no processes; call it in a transaction. */
export function migrateToVersion6(db: Database.Database): void {
  dropViews(db);
  db.exec(`ALTER TABLE event ADD COLUMN ${processColumn}`);
  for (const view of viewsOf(6)) db.exec(view);
}

/** Lets a connection read an older version as if its events named processes. */
export function readAsVersion6(db: Database.Database): void {
  // When a writer has migrated it meanwhile, the first column of the name is meant.
  db.exec("CREATE TEMP VIEW event AS SELECT *, NULL AS process FROM main.event");
}

function dropViews(db: Database.Database): void {
  for (const view of viewNames) db.exec(`DROP VIEW IF EXISTS ${view}`);
}

function addVersion2(db: Database.Database): void {
  for (const table of version2) db.exec(table);
  db.exec(birthView);
}

/** Returns the origin of the times of events, in nanoseconds since the epoch. */
export function birthOf(db: Database.Database): bigint {
  const birth = db.prepare<[], bigint>("SELECT time FROM birth").pluck().safeIntegers().get();
  if (birth === undefined) throw new MalformedError("it has no time of birth");
  return birth;
}

/** Returns the time of an event in SQL, nanoseconds since the epoch. */
export function timeOf(event: string): string {
  return `(${event}.time + (SELECT time FROM birth))`;
}

/** Spelled so that ALTER TABLE leaves the same text as stands in a new journal. */
const processColumn = "process INTEGER";

const tables = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE TABLE event (
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
) STRICT`,
  `CREATE TABLE moved (
  seq INTEGER PRIMARY KEY,
  to_parent INTEGER NOT NULL,
  to_place INTEGER NOT NULL,
  replaced INTEGER,
  kept INTEGER
) STRICT`,
  `CREATE INDEX moved_replaced ON moved (replaced) WHERE replaced IS NOT NULL`,
  `CREATE TABLE segment (
  start INTEGER PRIMARY KEY,
  length INTEGER NOT NULL,
  coding INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT`,
  `CREATE TABLE chain (seq INTEGER PRIMARY KEY, digest BLOB NOT NULL) STRICT`,
  `CREATE TABLE snapshot (
  seq INTEGER PRIMARY KEY,
  base INTEGER NOT NULL,
  digest BLOB NOT NULL,
  bytes BLOB NOT NULL
) STRICT`,
  `CREATE TABLE snapshot_page (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID`,
];

const birthView =
  "CREATE VIEW birth AS SELECT CAST(value AS INTEGER) AS time FROM meta WHERE key = 'created'";

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

// An index that is hit at random costs more the longer a journal is: what a commit adds to it is on other pages each time.
const beforeVersion3 = [
  `CREATE TABLE place (
  id INTEGER PRIMARY KEY,
  ino INTEGER NOT NULL,
  path TEXT NOT NULL,
  UNIQUE (path, ino)
) STRICT`,
  "CREATE INDEX place_ino ON place (ino)",
  "CREATE INDEX event_place ON event (place)",
  "CREATE INDEX moved_place ON moved (to_place)",
];

const postingTable = `CREATE TABLE posting (
  list INTEGER NOT NULL,
  part INTEGER NOT NULL,
  key INTEGER NOT NULL,
  value INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (list, part, key, value)
) STRICT, WITHOUT ROWID`;

const version3 = [
  "CREATE TABLE place (id INTEGER PRIMARY KEY, ino INTEGER NOT NULL, path TEXT NOT NULL) STRICT",
  postingTable,
  "CREATE INDEX event_control ON event (kind) WHERE place IS NULL",
];

/** Finds listings and fetches by the positions that they promise or bring. */
const promiseIndex =
  "CREATE INDEX event_promise ON event (kind, start) WHERE place IS NULL AND start IS NOT NULL";

const kindText = (version: number): string =>
  `CASE e.kind ${definitions
    .filter(([, { format = 1 }]) => format <= version)
    .map(([kind, { code }]) => `WHEN ${code} THEN '${kind}'`)
    .join(" ")} END`;

/** SQL that is true if the size of an event is a mode; undefined for a version without modes. */
function saysMode(version: number): string | undefined {
  const codes = definitions
    .filter(([, { format = 1 }]) => format <= version)
    .filter(([kind]) => fieldsOf(kind).some(([, field]) => isMode(field, version)))
    .map(([, { code }]) => code);
  return codes.length === 0 ? undefined : `e.kind IN (${codes.join()})`;
}

function isMode(field: Field, version: number): boolean {
  const { presence } = field;
  const first = typeof presence === "object" ? presence.format : 1;
  return presence !== "derived" && field.encoding === mode && first <= version;
}

function lengthText(version: number): string {
  const isMode = saysMode(version);
  return isMode === undefined ? "e.size" : `CASE WHEN ${isMode} THEN NULL ELSE e.size END`;
}

function modeColumn(version: number): string {
  const isMode = saysMode(version);
  return isMode === undefined
    ? ""
    : `, CASE WHEN ${isMode} AND e.size IS NOT NULL THEN printf('%04o', e.size) END AS mode`;
}

// Version 1 kept times since the epoch, in two bytes to four more an event.
const sinceEpoch = (event: string) => `${event}.time`;
const sinceBirth = timeOf;
const isoTime = (time: string) =>
  `strftime('%Y-%m-%dT%H:%M:%S', ${time} / 1000000000, 'unixepoch') || printf('.%09dZ', ${time} % 1000000000)`;

const processView = `CREATE VIEW process_log AS
  SELECT e.run, e.process, e.parent AS started_by, e.detail ->> '$.pid' AS pid, e.detail -> '$.args' AS args,
    e.detail ->> '$.executable' AS executable, e.seq, ${isoTime(sinceBirth("e"))} AS time
  FROM event e WHERE e.place IS NULL AND e.kind = ${kinds.process.code}`;

const viewNames = ["event_log", "file_history", "run_log", "mark_log", "process_log"];

/** Returns the views of a version. */
function viewsOf(version: number): readonly string[] {
  const time = version >= 2 ? sinceBirth : sinceEpoch;
  const [kind, length] = [kindText(version), lengthText(version)];
  return [
    `CREATE VIEW event_log AS
  SELECT e.seq, ${isoTime(time("e"))} AS time, nullif(e.run, 0) AS run, ${kind} AS op,
    ${version >= 5 ? "coalesce(p.path, e.detail ->> '$.path') AS path" : "p.path"}, coalesce(q.path, e.detail ->> '$.target') AS "to", nullif(p.ino, 0) AS ino,
    e.start AS "offset", ${length} AS length, m.replaced, e.detail${modeColumn(version)}${version >= 6 ? ", e.process" : ""}
  FROM event e
  LEFT JOIN place p ON p.id = e.place
  LEFT JOIN moved m ON m.seq = e.seq
  LEFT JOIN place q ON q.id = m.to_place`,
    `CREATE VIEW file_history AS
  SELECT p.ino, p.path, e.seq, ${isoTime(time("e"))} AS time, nullif(e.run, 0) AS run, ${kind} AS op,
    e.start AS "offset", ${length} AS length${modeColumn(version)}${version >= 6 ? ", e.process" : ""}
  FROM place p JOIN event e ON e.place = p.id
  WHERE p.ino > 0`,
    `CREATE VIEW run_log AS
  SELECT e.run, e.detail ->> '$.cause' AS kind, e.detail ->> '$.guest' AS guest, e.detail -> '$.args' AS args,
    ${isoTime(time("e"))} AS started, ${isoTime(time("z"))} AS ended, z.detail ->> '$.exit' AS exit,
    z.detail ->> '$.reason' AS reason, e.seq AS first, z.seq AS last${version >= 6 ? ", e.detail -> '$.labels' AS labels" : ""}
  FROM event e LEFT JOIN event z ON z.place IS NULL AND z.kind = ${kinds["run-end"].code} AND z.run = e.run
  WHERE e.place IS NULL AND e.kind = ${kinds["run-start"].code}`,
    `CREATE VIEW mark_log AS
  SELECT e.detail ->> '$.name' AS name, e.detail ->> '$.at' AS at, e.seq, ${isoTime(time("e"))} AS time
  FROM event e WHERE e.place IS NULL AND e.kind = ${kinds.mark.code}`,
    ...(version >= 6 ? [processView] : []),
  ];
}
