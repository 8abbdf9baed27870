import { createHash, randomUUID } from "node:crypto";
import type { Pool } from "pg";

/** Keeps immutable packs under names of their own. */
export interface Objects {
  /** Names of new objects begin with it. */
  readonly prefix: string;
  /** Returns when the bytes are kept. Writing the same again under the same name is no failure. */
  put(name: string, bytes: Buffer): Promise<void>;
  /** Returns the bytes of a range as far as there are, and no more; undefined if there is no such object. */
  get(name: string, range: ByteRange): Promise<Buffer | undefined>;
  /** Removes an object. That it is gone already is no failure. */
  remove(name: string): Promise<void>;
  /** Lists names in the order of their bytes, from the first after `after` on; not all at once, and none at the end. */
  list(after: string): Promise<readonly string[]>;
}

/** Bytes of an object; it may have fewer. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/** A store that does not do what it is asked. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/**
 * Returns a name for an object that nothing else has. It tells the digest of the bytes: the database keeps it, and a
 * store that gives others is not believed.
 */
export function newName(folder: string, kind: string, bytes: Uint8Array): string {
  return `${folder}/${kind}-${randomUUID()}-${digestOf(bytes)}`;
}

/** Names from before have no digest. */
const digestInName = /-([0-9a-f]{64})$/;

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Returns all of an object that has so many bytes; undefined if there is none. Throws StoreError for one that has fewer,
 * or others than were put there: no more memory is taken than its row says.
 */
export async function wholeOf(
  objects: Objects,
  { object, bytes }: { readonly object: string; readonly bytes: number },
): Promise<Buffer | undefined> {
  const found = await objects.get(object, { start: 0, length: bytes });
  if (found !== undefined && found.length !== bytes)
    throw new StoreError(`${object}: the store gives ${found.length} of its ${bytes} bytes`);
  const [, digest] = digestInName.exec(object) ?? [];
  if (found !== undefined && digest !== undefined && digestOf(found) !== digest)
    throw new StoreError(`${object}: the store gives other bytes than were put there`);
  return found;
}

/** Objects in the database itself, for small installations. */
export function databaseObjects(pool: Pool): Objects {
  return {
    prefix: "",
    async put(name, bytes) {
      await pool.query(
        "INSERT INTO blob VALUES ($1, $2) ON CONFLICT (object) DO UPDATE SET bytes = excluded.bytes",
        [name, bytes],
      );
    },
    async get(name, range) {
      const { rows } = await pool.query<{ bytes: Buffer }>(
        "SELECT substring(bytes FROM $2 FOR $3) AS bytes FROM blob WHERE object = $1",
        [name, range.start + 1, range.length],
      );
      return rows[0]?.bytes;
    },
    async remove(name) {
      await pool.query("DELETE FROM blob WHERE object = $1", [name]);
    },
    async list(after) {
      const { rows } = await pool.query<{ object: string }>(
        'SELECT object FROM blob WHERE object COLLATE "C" > $1 ORDER BY object COLLATE "C" LIMIT 1000',
        [after],
      );
      return rows.map(({ object }) => object);
    },
  };
}

/** Names of objects of another store begin with it. */
const elsewhere = "s3:";

/**
 * Objects in another store, and in the database what was put there before that was used. Its names say which is where,
 * so that a depot can go over to a store with what it has.
 */
export function objectsIn(database: Objects, store: Objects | undefined): Objects {
  const of = (name: string): readonly [Objects, string] => {
    if (!name.startsWith(elsewhere)) return [database, name];
    if (store === undefined)
      throw new Error(
        `${name} is in an object store: give --store, as to the depot that put it there`,
      );
    return [store, name.slice(elsewhere.length)];
  };
  const at = async <T>(name: string, act: (objects: Objects, name: string) => Promise<T>) =>
    await act(...of(name));
  return {
    prefix: store === undefined ? "" : elsewhere,
    put: (name, bytes) => at(name, (objects, own) => objects.put(own, bytes)),
    get: (name, range) => at(name, (objects, own) => objects.get(own, range)),
    remove: (name) => at(name, (objects, own) => objects.remove(own)),
    async list(after) {
      // "s3:" comes after all names of the database, which begin with the number of a tenant.
      if (!after.startsWith(elsewhere)) {
        const names = await database.list(after);
        if (names.length > 0 || store === undefined) return names;
      }
      const own = after.startsWith(elsewhere) ? after.slice(elsewhere.length) : "";
      const names = (await store?.list(own)) ?? [];
      return names.map((name) => elsewhere + name);
    },
  };
}
