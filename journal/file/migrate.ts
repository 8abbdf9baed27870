import type Database from "better-sqlite3";
import { rewriteParts } from "../postings/parts.ts";
import {
  formatVersion,
  migrateToVersion2,
  migrateToVersion3,
  migrateToVersion4,
  readAsVersion2,
  readAsVersion3,
} from "../format/schema.ts";

/**
 * Brings a journal of an older format to this one, in one transaction: after a crash it is of the one or of the other.
 * Its events, its tape and its chain stay as they are, so that a digest that was kept goes on to prove them.
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
    db.pragma(`user_version = ${formatVersion}`);
  }).immediate();
}

/** Lets a reader read a journal of an older format, which it leaves as it is. */
export function readOlder(db: Database.Database): void {
  if (versionOf(db) < 2) readAsVersion2(db);
  if (versionOf(db) < 3) readAsVersion3(db);
}

/** The format of an open journal. */
export function versionOf(db: Database.Database): number {
  return Number(db.pragma("user_version", { simple: true }));
}
