import { closeSync, existsSync, openSync, renameSync } from "node:fs";
import type Database from "better-sqlite3";
import type { Intake } from "./intake.ts";
import { readTail, type TailContent } from "./tail.ts";

/**
 * Takes over and commits what the tail at `path` holds beyond the journal's last commit; gives how many events that
 * were. A tail of another journal, or of a state this journal is not in, is put aside as `PATH-stray`.
 */
export function recover(db: Database.Database, intake: Intake, path: string, id: string): number {
  if (!existsSync(path)) return 0;
  const fd = openSync(path, "r");
  let taken: number | "stray";
  try {
    const content = readTail(fd, id);
    if (content === "none") return 0;
    taken = content === "foreign" || !isOurs(db, content) ? "stray" : takeOver(intake, content);
  } finally {
    closeSync(fd);
  }
  intake.commit();
  if (taken !== "stray") return taken;
  renameSync(path, `${path}-stray`);
  return 0;
}

// A copy of the journal that was put back is in an older state than the tail of the one it replaced, or in another.
function isOurs(db: Database.Database, { base }: TailContent): boolean {
  const digest = db
    .prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?")
    .pluck()
    .get(base.seq);
  return digest?.equals(base.digest) === true;
}

function takeOver(intake: Intake, { records }: TailContent): number {
  let taken = 0;
  for (const record of records) {
    const outcome = intake.takeOver(record);
    if (outcome === "stray") break;
    if (outcome === "taken") taken++;
  }
  return taken;
}
