import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { columnOfText } from "../../../journal/format/byte-text.ts";
import { ByteWriter } from "../../../journal/format/bytes.ts";
import { decodeEvent, encodeEvent } from "../../../journal/format/codec.ts";
import { kinds } from "../../../journal/format/kinds.ts";
import {
  columnsOf,
  eventOf,
  isExact,
  movedColumnsOf,
  selectEvent,
  tapeAfter,
} from "../../../journal/format/row.ts";
import { createSchema, statementsOf } from "../../../journal/format/schema.ts";
import { type Golden, goldenEvents } from "./golden-events.ts";

// People have journals with these bytes: a line may be added, none may ever change.
const lines = readFileSync(new URL("./golden-events.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");

test("the bytes and the row of every kind of event are what they always were", () => {
  expect(goldenEvents.map(lineOf)).toEqual(lines);
  expect(new Set(goldenEvents.map(({ event }) => event.kind))).toEqual(new Set(Object.keys(kinds)));
});

test("an event comes back from the bytes that it always had", () => {
  for (const [index, { event, tapeAfter: after }] of goldenEvents.entries()) {
    const [, hex = ""] = lines[index]?.split(" ") ?? [];
    const decoded = decodeEvent(Buffer.from(hex, "hex"));
    expect(decoded.event).toStrictEqual(event);
    expect(decoded.tapeAfter).toBe(after);
  }
});

test("an event comes back from the row that it always had", () => {
  const db = new Database(":memory:");
  createSchema(db);
  db.prepare("INSERT INTO meta VALUES ('created', '0')").run();
  const place = db.prepare("INSERT INTO place VALUES (?, ?, ?)");
  const insert = db.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const insertMoved = db.prepare("INSERT INTO moved VALUES (?, ?, ?, ?, ?)");
  const select = db.prepare<[number], unknown[]>(`${selectEvent} WHERE e.seq = ?`).raw();
  for (const [index, { event, tapeAfter: after }] of goldenEvents.entries()) {
    const { seq, time, run } = event;
    const { place: at, parent, start, size, detail, process } = columnsOf(event);
    if (at !== null) place.run(2 * index, at.ino, columnOfText(at.path));
    const id = at === null ? null : 2 * index;
    const { code } = kinds[event.kind];
    insert.run(seq, time, run, code, after, id, parent, start, size, detail, process);
    const moved = movedColumnsOf(event);
    if (moved !== undefined) {
      place.run(2 * index + 1, moved.to.ino, columnOfText(moved.to.path));
      insertMoved.run(seq, moved.toParent, 2 * index + 1, moved.replaced, moved.kept);
    }
    const row = select.get(seq) ?? [];
    expect(eventOf(row)).toStrictEqual(event);
    expect(tapeAfter(row)).toBe(after);
    expect(isExact(row, event)).toBe(true);
  }
});

test("the tables and views of every format are what they always were", () => {
  const digests = [1, 2, 3, 4, 5, 6].map((version) =>
    createHash("sha256").update(statementsOf(version).join("\n")).digest("hex").slice(0, 16),
  );
  expect(digests).toEqual([
    "9bb852df3bac34b3",
    "54a7af1cdf347434",
    "a78c3d6b95510d33",
    "f0b9ffcd9e3b19a2",
    "05caaee6d0254208",
    "4afdc6ae6c1e8c80",
  ]);
});

/** The name of a kind, its bytes in hex, and the columns of its row and its move. */
function lineOf({ event, tapeAfter: after }: Golden): string {
  const to = new ByteWriter();
  encodeEvent(to, event, after);
  const hex = to.buffer.toString("hex", 0, to.at);
  const { place, parent, start, size, detail, process } = columnsOf(event);
  const moved = movedColumnsOf(event);
  const columns = [place?.ino, place?.path, parent, start, size, detail];
  // It came later than most lines.
  if (process !== null) columns.push(process);
  const move = moved && [moved.toParent, moved.to.ino, moved.to.path, moved.replaced, moved.kept];
  return `${event.kind} ${hex} ${JSON.stringify(columns.map((one) => one ?? null))} ${JSON.stringify(move ?? null)}`;
}
