import type Database from "better-sqlite3";
import type { Event } from "../format/event.ts";
import { kinds } from "../format/kinds.ts";
import { type Column, openMultiInsert, rowsTogether } from "./multi-insert.ts";
import { openPlaces } from "./places.ts";
import { writeParts } from "../postings/parts.ts";
import { birthOf } from "../format/schema.ts";
import { columnsOf, movedColumnsOf } from "../format/row.ts";

/** Inserts events into their tables, within a transaction. */
export interface EventRows {
  /** Inserts events that follow on those in the file. `tapeLengths` holds the tape's length after each. */
  insertAll(events: readonly Event[], tapeLengths: readonly number[]): void;
  /** Must be called after the transaction was rolled back. */
  forget(): void;
}

export function openEventRows(db: Database.Database): EventRows {
  const places = openPlaces(db);
  const birth = birthOf(db);
  const insertMoved = db.prepare<Column[]>("INSERT INTO moved VALUES (?, ?, ?, ?, ?)");
  const any = openMultiInsert(db, "event", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", 11);
  // Most events are writes, one after another, and need fewer values.
  const writes = openMultiInsert(
    db,
    "event",
    `(?, ?, ?, ${kinds.write.code}, ?, ?, NULL, ?, ?, NULL, ?)`,
    8,
  );

  function fillWrite(columns: Column[], at: number, event: WriteEvent, tapeAfter: number): void {
    columns[at] = event.seq;
    columns[at + 1] = event.time - birth;
    columns[at + 2] = event.run;
    columns[at + 3] = tapeAfter;
    columns[at + 4] = places.idOf(event);
    columns[at + 5] = event.offset;
    columns[at + 6] = event.length;
    columns[at + 7] = event.by ?? null;
  }

  function fill(columns: Column[], at: number, event: Event, tapeAfter: number): void {
    const { place, parent, start, size, detail, process } = columnsOf(event);
    columns[at] = event.seq;
    columns[at + 1] = event.time - birth;
    columns[at + 2] = event.run;
    columns[at + 3] = kinds[event.kind].code;
    columns[at + 4] = tapeAfter;
    columns[at + 5] = place === null ? null : places.idOf(place);
    columns[at + 6] = parent;
    columns[at + 7] = start;
    columns[at + 8] = size;
    columns[at + 9] = detail;
    columns[at + 10] = process;
    const moved = movedColumnsOf(event);
    if (moved === undefined) return;
    insertMoved.run(event.seq, moved.toParent, places.idOf(moved.to), moved.replaced, moved.kept);
  }

  function insertSome(events: readonly Event[], tapeLengths: readonly number[]): void {
    const tapeAfter = (index: number) => tapeLengths[index] ?? 0;
    if (events.every(isPlainWrite)) {
      events.forEach((event, at) =>
        fillWrite(writes.columns, at * writes.width, event, tapeAfter(at)),
      );
      writes.run(events.length);
      return;
    }
    events.forEach((event, at) => fill(any.columns, at * any.width, event, tapeAfter(at)));
    any.run(events.length);
  }

  return {
    insertAll(events, tapeLengths) {
      const before = { seq: (events[0]?.seq ?? 1) - 1, place: places.last() };
      for (let first = 0; first < events.length; first += rowsTogether) {
        const stop = first + rowsTogether;
        insertSome(events.slice(first, stop), tapeLengths.slice(first, stop));
      }
      places.flush();
      writeParts(db, before, { seq: before.seq + events.length, place: places.last() });
    },
    forget: () => places.forget(),
  };
}

type WriteEvent = Extract<Event, { readonly kind: "write" }>;

/** Tells whether a write has nothing that would stand in `detail`. */
function isPlainWrite(event: Event): event is WriteEvent {
  return event.kind === "write" && columnsOf(event).detail === null;
}
