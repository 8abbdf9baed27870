import type Database from "better-sqlite3";
import type { StoredSnapshot } from "../interface/snapshot-store.ts";
import { sealedAgain } from "../snapshots/packed.ts";
import { openSeal } from "../snapshots/seal.ts";
import { sealedText } from "../snapshots/snapshots.ts";

/** Puts the bytes of snapshots and their pages into a sparse file: see SparseFile. */
export interface PutSnapshots {
  hasSnapshot(seq: number): boolean;
  putSnapshot(seq: number, digest: Buffer, bytes: Buffer): void;
  hasPage(digest: string): boolean;
  putPage(digest: string, bytes: Buffer): void;
  drop(row: { readonly snapshot: number } | { readonly page: string }): void;
}

/** `id` is the journal's, for the seal. */
export function openPutSnapshots(db: Database.Database, id: string): PutSnapshots {
  const seal = openSeal();
  const commitOf = db
    .prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq >= ? ORDER BY seq LIMIT 1")
    .pluck();
  const rowAt = db.prepare<[number], StoredSnapshot>(
    "SELECT seq, base FROM snapshot WHERE seq = ?",
  );
  const find = db.prepare<[number]>("SELECT 1 FROM snapshot WHERE seq = ? AND bytes <> x''");
  const put = db.prepare<[Buffer, Buffer, number]>(
    "UPDATE snapshot SET digest = ?, bytes = ? WHERE seq = ?",
  );
  const empty = db.prepare<[number]>("UPDATE snapshot SET digest = x'', bytes = x'' WHERE seq = ?");
  const findPage = db.prepare<[Buffer]>("SELECT 1 FROM snapshot_page WHERE digest = ?");
  const putPage = db.prepare<[Buffer, Buffer]>("INSERT OR IGNORE INTO snapshot_page VALUES (?, ?)");
  const dropPage = db.prepare<[Buffer]>("DELETE FROM snapshot_page WHERE digest = ?");
  return {
    hasSnapshot: (seq) => find.get(seq) !== undefined,
    putSnapshot(seq, digest, bytes) {
      const row = rowAt.get(seq);
      if (row === undefined) return;
      const text = sealedText(id, row, commitOf.get(seq));
      put.run(
        digest,
        sealedAgain(bytes, (packed) => seal.of(text, packed)),
        seq,
      );
    },
    hasPage: (digest) => findPage.get(Buffer.from(digest, "hex")) !== undefined,
    putPage: (digest, bytes) => void putPage.run(Buffer.from(digest, "hex"), bytes),
    drop(row) {
      if ("page" in row) dropPage.run(Buffer.from(row.page, "hex"));
      else empty.run(row.snapshot);
    },
  };
}
