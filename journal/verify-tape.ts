import type Database from "better-sqlite3";
import { Damage } from "./damage.ts";
import { bytesOf, type SegmentRow, segmentBytes } from "./segment.ts";
import type { Walk } from "./verify-events.ts";

/** Holds the segments against invariants J11 and J12: they are the tape, whole, cut where it must be, each byte once. */
export function checkSegments(db: Database.Database, { tape: tapeLength, cuts }: Walk): void {
  const next = db.prepare<[number], SegmentRow>(
    "SELECT start, length, coding, crc, bytes FROM segment WHERE start >= ? ORDER BY start LIMIT 1",
  );
  const whole = tapeLength - (tapeLength % segmentBytes);
  let reached = 0;
  let rows = 0;
  for (let row = next.get(reached); row !== undefined; row = next.get(reached)) {
    const at = `the tape from byte ${reached} on`;
    if (row.start !== reached) throw new Damage(`${at} is missing`);
    bytesOf(row);
    const isSealed = row.start < whole;
    const length = isSealed
      ? segmentBytes
      : (cuts.find((end) => end > row.start) ?? tapeLength) - row.start;
    if (row.length !== length) {
      throw new Damage(`${at} is not cut where it must be`);
    }
    if (!isSealed && row.coding !== 0) throw new Damage(`${at} is compressed before it is whole`);
    reached += row.length;
    rows++;
  }
  if (reached !== tapeLength)
    throw new Damage(`the tape has ${reached} bytes, its events ${tapeLength}`);
  const count = db.prepare<[], number>("SELECT count(*) FROM segment").pluck().get();
  if (count !== rows) throw new Damage("there are tape segments before the first");
}
