import type { Pool } from "pg";

/** Keeps immutable packs under names of their own. */
export interface Objects {
  /** Returns when the bytes are kept. Writing the same again under the same name is no failure. */
  put(name: string, bytes: Buffer): Promise<void>;
  /** Returns the bytes; undefined if there is no such object. */
  get(name: string): Promise<Buffer | undefined>;
  /** Removes an object. That it is gone already is no failure. */
  remove(name: string): Promise<void>;
}

/** Objects in the database itself, for small installations. */
export function databaseObjects(pool: Pool): Objects {
  return {
    async put(name, bytes) {
      await pool.query(
        "INSERT INTO blob VALUES ($1, $2) ON CONFLICT (object) DO UPDATE SET bytes = excluded.bytes",
        [name, bytes],
      );
    },
    async get(name) {
      const { rows } = await pool.query<{ bytes: Buffer }>(
        "SELECT bytes FROM blob WHERE object = $1",
        [name],
      );
      return rows[0]?.bytes;
    },
    async remove(name) {
      await pool.query("DELETE FROM blob WHERE object = $1", [name]);
    },
  };
}
