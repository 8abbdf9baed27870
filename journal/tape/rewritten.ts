import type Database from "better-sqlite3";

/**
 * Returns a function that tells if the journal's file was written anew since it was last asked, as redactions and
 * compactions do: bytes of the tape that are kept in memory may be gone then. It looks at the file 20 times a second at
 * most.
 */
export function openRewrites(db: Database.Database): () => boolean {
  // Changes with each commit of another connection; that of the schema with each VACUUM.
  const data = db.prepare<[], number>("PRAGMA data_version").pluck();
  const schema = db.prepare<[], number>("PRAGMA schema_version").pluck();
  let known = [data.get(), schema.get()];
  let lookedAt = performance.now();
  return () => {
    if (performance.now() - lookedAt < restMilliseconds) return false;
    lookedAt = performance.now();
    if (data.get() === known[0]) return false;
    const now = [data.get(), schema.get()];
    const isRewritten = now[1] !== known[1];
    known = now;
    return isRewritten;
  };
}

const restMilliseconds = 50;
