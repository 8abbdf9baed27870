import type Database from "better-sqlite3";
import type { StoredBase } from "../format/base.ts";
import { MalformedError } from "../format/bytes.ts";
import type { RowSource } from "../interface/row-source.ts";
import { translating } from "../interface/storage-error.ts";
import { unpack } from "../snapshots/packed.ts";
import { pageBytes } from "../snapshots/snapshots.ts";

/** Gives the state that a compacted journal begins with, out of its file. */
export function openStoredBase(file: string, db: Database.Database, rows?: RowSource): StoredBase {
  const find = db.prepare<[], Buffer>("SELECT bytes FROM base").pluck();
  const findPage = db
    .prepare<[Buffer], Buffer>("SELECT bytes FROM base_page WHERE digest = ?")
    .pluck();
  return {
    bytes: () =>
      translating("read", file, () => {
        rows?.base();
        return whole(unpack(find.get()));
      }),
    page: (digest) =>
      translating("read", file, () => {
        rows?.base();
        const key = Buffer.from(digest, "hex");
        return whole(pageBytes(key, findPage.get(key)));
      }),
  };
}

/** Of what there is no other source of. */
function whole(bytes: Buffer | undefined): Buffer {
  if (bytes === undefined) throw new MalformedError("the state that it begins with is damaged");
  return bytes;
}
