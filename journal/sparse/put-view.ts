import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
import { genesis } from "../format/chain.ts";
import type { StoredSnapshot } from "../interface/snapshot-store.ts";
import { failure } from "../interface/storage-error.ts";
import type { DecodedView } from "./view.ts";

/**
 * Returns a function that puts what a view says into a sparse file. It throws MalformedError if the view's chain is not
 * that of the view before.
 */
export function viewPutter(
  db: Database.Database,
  putPlaceless: (events: Buffer) => void,
): (view: DecodedView) => void {
  const putChain = chainPutter(db);
  const putRedacted = redactedPutter(db);
  const putList = listPutter(db);
  return (view) => {
    putChain(view);
    for (const { redacted } of view.packs) putRedacted(redacted);
    putPlaceless(view.controls);
    putList(view.snapshots);
  };
}

/** Returns a function that puts the digests of commits. */
function chainPutter(db: Database.Database): (view: DecodedView) => void {
  const chainAt = db.prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?").pluck();
  const put = db.prepare<[number, Buffer]>("INSERT OR IGNORE INTO chain VALUES (?, ?)");
  return ({ id, created, packs }) => {
    for (const [index, pack] of packs.entries()) {
      const start = index === 0 ? [{ seq: 0, digest: genesis(id, created) }] : [];
      if (index === 0 && start[0]?.digest.equals(pack.before) !== true)
        throw new MalformedError("its chain does not begin as its id says");
      for (const { seq, digest } of [...start, ...pack.commits]) {
        const known = chainAt.get(seq) as unknown;
        if (known !== undefined && (!Buffer.isBuffer(known) || known.length !== digest.length))
          throw failure("damaged", "read", db.name, `event ${seq} has no digest there`);
        if (known !== undefined && !known.equals(digest))
          throw new MalformedError(`its past changed: event ${seq} has another digest than before`);
        if (known === undefined) put.run(seq, digest);
      }
    }
  };
}

/** Returns a function that puts redacted spans, and drops the bytes that were fetched before they were redacted. */
function redactedPutter(
  db: Database.Database,
): (spans: DecodedView["packs"][number]["redacted"]) => void {
  const put = db.prepare<[number, number, number, Buffer]>(
    "INSERT OR IGNORE INTO redacted VALUES (?, ?, ?, ?)",
  );
  const drop = db.prepare<[number, number]>(
    "DELETE FROM segment WHERE start < ? AND start + length > ?",
  );
  return (spans) => {
    for (const { start, length, run, digest } of spans)
      if (put.run(start, length, run, digest).changes > 0) drop.run(start + length, start);
  };
}

/** Returns a function that puts which snapshots there are, without their bytes. */
function listPutter(db: Database.Database): (snapshots: DecodedView["snapshots"]) => void {
  const listed = db.prepare<[], StoredSnapshot>("SELECT seq, base FROM snapshot");
  const drop = db.prepare<[number]>("DELETE FROM snapshot WHERE seq = ?");
  const put = db.prepare<[number, number]>(
    "INSERT OR IGNORE INTO snapshot VALUES (?, ?, x'', x'')",
  );
  return (snapshots) => {
    const wanted = new Map(snapshots.map(({ seq, base }) => [seq, base]));
    for (const { seq, base } of listed.all()) if (wanted.get(seq) !== base) drop.run(seq);
    for (const { seq, base } of snapshots) put.run(seq, base);
  };
}
