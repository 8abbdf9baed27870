import type Database from "better-sqlite3";
import { Damage } from "../file/damage.ts";
import { bytesOf, type SegmentRow, segmentBytes } from "../tape/segment.ts";
import type { CheckedBase } from "./base.ts";
import type { Walk } from "./walk.ts";

/**
 * Checks invariants J11 and J12: the segments are the whole tape, correctly cut, with each byte once. `checkEvents` has
 * read those behind the base, and found their bytes to be what the rows say.
 */
export function checkSegments(
  db: Database.Database,
  { tape: tapeLength, cuts }: Walk,
  base: CheckedBase | undefined,
): void {
  const beforeBase = new TapeBeforeBase(db, base);
  const next = db.prepare<[number], Omit<SegmentRow, "bytes">>(
    "SELECT start, length, coding, crc FROM segment WHERE start >= ? ORDER BY start LIMIT 1",
  );
  const bytesAt = db.prepare<[number], Buffer>("SELECT bytes FROM segment WHERE start = ?").pluck();
  const whole = tapeLength - (tapeLength % segmentBytes);
  let reached = beforeBase.skip(0);
  let rows = 0;
  for (let row = next.get(reached); row !== undefined; row = next.get(reached)) {
    const at = `the tape from byte ${reached} on`;
    if (row.start !== reached) throw new Damage(`${at} is missing`);
    if (row.start < (base?.tape ?? 0)) {
      const bytes = bytesAt.get(row.start) ?? Buffer.alloc(0);
      beforeBase.check(row, bytesOf({ ...row, bytes }));
    }
    const isSealed = row.start < whole;
    const length = isSealed
      ? segmentBytes
      : (cuts.find((end) => end > row.start) ?? tapeLength) - row.start;
    if (row.length !== length) {
      throw new Damage(`${at} is not cut where it must be`);
    }
    if (!isSealed && row.coding !== 0) throw new Damage(`${at} is compressed before it is whole`);
    reached = beforeBase.skip(reached + row.length);
    rows++;
  }
  if (reached !== tapeLength)
    throw new Damage(`the tape has ${reached} bytes, its events ${tapeLength}`);
  const count = db.prepare<[], number>("SELECT count(*) FROM segment").pluck().get();
  if (count !== rows) throw new Damage("there are tape segments before the first");
}

/**
 * Checks the tape before a base: segments without retained spans are absent; in the others everything else is zeros.
 */
class TapeBeforeBase {
  readonly #end: number;
  readonly #kept: Database.Statement<[number, number], { start: number; end: number }>;

  constructor(db: Database.Database, base: CheckedBase | undefined) {
    this.#end = base?.tape ?? 0;
    this.#kept = db.prepare<[number, number], { start: number; end: number }>(
      `SELECT start, start + length AS end FROM kept
      WHERE start >= (SELECT ifnull(max(start), 0) FROM kept WHERE start <= ?) AND start < ? ORDER BY start`,
    );
  }

  /** Returns the start of the next segment that must exist, from the start of a segment on. */
  skip(start: number): number {
    let at = start;
    while (at % segmentBytes === 0 && at + segmentBytes <= this.#end && this.#isDropped(at))
      at += segmentBytes;
    return at;
  }

  check({ start, length }: Pick<SegmentRow, "start" | "length">, bytes: Buffer): void {
    const stop = Math.min(start + length, this.#end);
    let at = start;
    const isClear = (end: number) =>
      at >= end || bytes.subarray(at - start, end - start).every((byte) => byte === 0);
    for (const kept of at < stop ? this.#kept.all(start, stop) : []) {
      if (!isClear(Math.min(kept.start, stop))) throw leftOver(start);
      at = Math.max(at, kept.end);
    }
    if (!isClear(stop)) throw leftOver(start);
  }

  #isDropped(start: number): boolean {
    return this.#kept.all(start, start + segmentBytes).every(({ end }) => end <= start);
  }
}

function leftOver(start: number): Damage {
  return new Damage(`the tape from byte ${start} on has bytes that were folded`);
}
