import { copyFileSync } from "node:fs";
import Database from "better-sqlite3";

import { kinds } from "../../../journal/format/kinds.ts";
import type { RowSource, SearchTarget, SeqRange, Seq } from "../../../journal/index.ts";

/** Makes a copy of a closed journal that holds only what must always be there: journal/DESIGN.md, section 13. */
export function makeSparse(full: string, sparse: string): void {
  copyFileSync(full, sparse);
  const db = new Database(sparse);
  db.exec(`DELETE FROM event WHERE place IS NOT NULL OR kind = ${kinds.process.code}; DELETE FROM moved; DELETE FROM place; DELETE FROM posting;
    DELETE FROM segment; DELETE FROM kept; DELETE FROM base_page; DELETE FROM snapshot_page;
    UPDATE base SET bytes = x''; UPDATE snapshot SET digest = x'', bytes = x''; VACUUM`);
  db.close();
}

/** Counts what a source was asked, and the rows that it brought. */
export interface Brought {
  /** Questions that brought something. */
  trips: number;
  rows: number;
}

export interface CopyingSource extends RowSource {
  readonly brought: Brought;
  close(): void;
}

/** Copies exactly the rows that are asked for from the full journal to the sparse one. */
export function copyingSource(full: string, sparse: string): CopyingSource {
  const db = new Database(sparse);
  db.pragma("synchronous = OFF");
  db.prepare("ATTACH ? AS whole").run(full);
  const birth = db.prepare<[], bigint>("SELECT time FROM birth").pluck().safeIntegers().get() ?? 0n;
  const brought: Brought = { trips: 0, rows: 0 };

  function bring(...statements: readonly (readonly [string, ...unknown[]])[]): void {
    const rows = db.transaction(() =>
      statements.reduce((sum, [sql, ...values]) => sum + db.prepare(sql).run(values).changes, 0),
    )();
    brought.rows += rows;
    if (rows > 0) brought.trips += 1;
  }

  const copy = (table: string, where: string) =>
    `INSERT OR IGNORE INTO ${table} SELECT * FROM whole.${table} WHERE ${where}`;
  const eventsWhere = (seqs: string, ...values: readonly unknown[]) => {
    bring(
      [copy("event", `seq ${seqs}`), ...values],
      [copy("moved", `seq ${seqs}`), ...values],
      [copy("place", `id IN (SELECT place FROM whole.event WHERE seq ${seqs})`), ...values],
      [copy("place", `id IN (SELECT to_place FROM whole.moved WHERE seq ${seqs})`), ...values],
    );
  };
  const among = (numbers: readonly number[]) => `IN (${numbers.join()})`;
  const edge = (end: "max" | "min", condition: string) =>
    db
      .prepare<unknown[], number | null>(
        `SELECT ${end}(seq) FROM whole.event WHERE seq % ${pieceEvents} = 0 AND seq BETWEEN ? AND ? AND ${condition}`,
      )
      .pluck();

  return {
    brought,
    events: (first, last) => eventsWhere("BETWEEN ? AND ?", first, last),
    eventsAt: (seqs) => eventsWhere(among(seqs)),
    someEvents(first, last, order) {
      const [low, high] =
        order === "forward"
          ? [first, Math.min(last, first + pieceEvents - 1)]
          : [Math.max(first, Math.min(last, headOf(db)) - pieceEvents + 1), last];
      eventsWhere("BETWEEN ? AND ?", low, high);
      return order === "forward" ? high : low;
    },
    processes: () => bring([copy("event", `kind = ${kinds.process.code}`)]),
    replacements(ino, first, last) {
      const where = "replaced = ? AND seq BETWEEN ? AND ?";
      bring(
        [copy("moved", where), ino, first, last],
        [copy("event", `seq IN (SELECT seq FROM whole.moved WHERE ${where})`), ino, first, last],
      );
    },
    places: (first, last) => bring([copy("place", "id BETWEEN ? AND ?"), first, last]),
    placesAt: (ids) => bring([copy("place", `id ${among(ids)}`)]),
    postings: (list, first, last) =>
      bring([copy("posting", "list = ? AND part BETWEEN ? AND ?"), list, first, last]),
    partsOf: (list) =>
      db
        .prepare<[number], number>(
          "SELECT DISTINCT part FROM whole.posting WHERE list = ? ORDER BY part",
        )
        .pluck()
        .all(list),
    tape: (spans) =>
      bring(
        ...spans.map(({ start, length }): readonly [string, number, number] => [
          copy("segment", "start < ? AND start + length > ?"),
          start + length,
          start,
        ]),
      ),
    retained: (start, end) => bring([copy("kept", "start < ? AND start + length > ?"), end, start]),
    snapshots: (seqs) =>
      bring([
        `UPDATE snapshot SET digest = other.digest, bytes = other.bytes FROM whole.snapshot other
        WHERE other.seq = snapshot.seq AND snapshot.bytes = x'' AND snapshot.seq ${among(seqs)}`,
      ]),
    snapshotPages(digests, likely = []) {
      const listed = (some: readonly string[]) => some.map((digest) => `x'${digest}'`).join();
      const here = db
        .prepare<[], number>(
          `SELECT count(*) FROM main.snapshot_page WHERE digest IN (${listed(digests)})`,
        )
        .pluck()
        .get();
      if (here === new Set(digests).size) return;
      const all = [...digests, ...[...likely].slice(0, mostLikely)];
      bring([copy("snapshot_page", `digest IN (${listed(all)})`)]);
    },
    base: () =>
      bring(
        ["UPDATE base SET bytes = other.bytes FROM whole.base other WHERE base.bytes = x''"],
        [copy("base_page", "TRUE")],
      ),
    narrow(past: SearchTarget, first, last): SeqRange {
      const [column, value] =
        "time" in past ? ["time", past.time - birth] : ["tape", BigInt(past.tape)];
      const before = edge("max", `${column} <= ?`).get(first, last, value);
      const after = edge("min", `${column} > ?`).get(first, last, value);
      return { first: typeof before === "number" ? before + 1 : first, last: after ?? last };
    },
    near: (time) => edge("max", "time <= ?").get(1, headOf(db), time - birth) ?? 0,
    version: () => headOf(db),
    close: () => void db.close(),
  };
}

/** Likely pages that come with one that was asked for. */
const mostLikely = 16;
/** The events between those whose time and place on the tape the source knows by heart. */
const pieceEvents = 50;

function headOf(db: Database.Database): Seq {
  return (db.prepare<[], number>("SELECT max(seq) FROM main.chain").pluck().get() ?? 0) as Seq;
}

/** Counts the rows of a journal that need not be there. */
export function countRows(file: string): number {
  const db = new Database(file, { readonly: true });
  const tables = ["place", "moved", "posting", "segment", "kept", "base_page", "snapshot_page"];
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table})`).join(" + ");
  const rows = db
    .prepare<[], number>(
      `SELECT ${counts} + (SELECT count(*) FROM event WHERE place IS NOT NULL) + (SELECT count(*) FROM snapshot)`,
    )
    .pluck()
    .get();
  db.close();
  return rows ?? 0;
}

/** Returns the digest of a page of a stored snapshot. */
export function snapshotPageIn(file: string): string {
  const db = new Database(file, { readonly: true });
  const digest = db
    .prepare<[], string>("SELECT lower(hex(digest)) FROM snapshot_page LIMIT 1")
    .pluck()
    .get();
  db.close();
  return digest ?? "";
}
