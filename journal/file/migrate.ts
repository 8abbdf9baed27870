import type Database from "better-sqlite3";
import { rewriteParts } from "../postings/parts.ts";
import {
  formatVersion,
  migrateToVersion2,
  migrateToVersion3,
  migrateToVersion4,
  migrateToVersion5,
  migrateToVersion6,
  readAsVersion2,
  readAsVersion3,
  readAsVersion6,
} from "../format/schema.ts";

/**
 * Upgrades a journal of an older format in one transaction: after a crash it has either format. Events, tape and chain
 * stay as they are, so a digest from before still proves them.
 */
export function migrate(db: Database.Database): void {
  if (versionOf(db) >= formatVersion) return;
  db.transaction(() => {
    if (versionOf(db) < 2) migrateToVersion2(db);
    if (versionOf(db) < 3) {
      migrateToVersion3(db);
      rewriteParts(db);
    }
    if (versionOf(db) < 4) migrateToVersion4(db);
    if (versionOf(db) < 5) migrateToVersion5(db);
    if (versionOf(db) < 6) migrateToVersion6(db);
    db.pragma(`user_version = ${formatVersion}`);
  }).immediate();
}

/** Makes a journal of an older format readable without changing the file. */
export function readOlder(db: Database.Database): void {
  if (versionOf(db) < 2) readAsVersion2(db);
  if (versionOf(db) < 3) readAsVersion3(db);
  if (versionOf(db) < 6) readAsVersion6(db);
}

/** Returns the format of an open journal. */
export function versionOf(db: Database.Database): number {
  return Number(db.pragma("user_version", { simple: true }));
}
