import type Database from "better-sqlite3";
import type { Event } from "./event.ts";
import { codeOfKind } from "./kind-code.ts";
import { openPlaces } from "./places.ts";
import { writeParts } from "./posting-parts.ts";
import { birthOf } from "./schema.ts";
import { columnsOf, movedColumnsOf } from "./row.ts";

/** Puts events into their tables; for use in a transaction. */
export interface EventRows {
  /** Events that follow on what is there, one after another. `tapeLengths`: the tape's length after each. */
  insertAll(events: readonly Event[], tapeLengths: readonly number[]): void;
  /** To be called when the transaction was rolled back. */
  forget(): void;
}

type Column = number | bigint | string | null;

export function openEventRows(db: Database.Database): EventRows {
  const places = openPlaces(db);
  const birth = birthOf(db);
  const insertEvent = db.prepare<Column[]>(
    "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const insertMoved = db.prepare<Column[]>("INSERT INTO moved VALUES (?, ?, ?, ?, ?)");
  // Most events are writes, one after another: many at a time, and with fewer values, they cost half.
  const writeRow = `(?, ?, ?, ${codeOfKind.write}, ?, ?, NULL, ?, ?, NULL)`;
  const insertWrites = db.prepare<[Column[]]>(
    `INSERT INTO event VALUES ${Array.from({ length: writesAtOnce }, () => writeRow).join()}`,
  );
  const insertWrite = db.prepare<[Column[]]>(`INSERT INTO event VALUES ${writeRow}`);
  const several: Column[] = Array.from({ length: writesAtOnce * writeColumns }, () => null);
  const single: Column[] = Array.from({ length: writeColumns }, () => null);

  function fill(columns: Column[], at: number, event: WriteEvent, tapeAfter: number): void {
    columns[at] = event.seq;
    columns[at + 1] = event.time - birth;
    columns[at + 2] = event.run;
    columns[at + 3] = tapeAfter;
    columns[at + 4] = places.idOf(event);
    columns[at + 5] = event.offset;
    columns[at + 6] = event.length;
  }

  /** Inserts `writesAtOnce` events from `first` on, where they all are writes. */
  function insertedSeveral(
    events: readonly Event[],
    tapeLengths: readonly number[],
    first: number,
  ): boolean {
    if (first + writesAtOnce > events.length) return false;
    for (let index = 0; index < writesAtOnce; index++) {
      const event = events[first + index];
      if (event?.kind !== "write") return false;
      fill(several, index * writeColumns, event, tapeLengths[first + index] ?? 0);
    }
    insertWrites.run(several);
    return true;
  }

  return {
    insertAll(events, tapeLengths) {
      const before = { seq: (events[0]?.seq ?? 1) - 1, place: places.last() };
      for (let index = 0; index < events.length;) {
        const event = events[index];
        if (event?.kind === "write" && insertedSeveral(events, tapeLengths, index)) {
          index += writesAtOnce;
          continue;
        }
        if (event !== undefined) insert(event, tapeLengths[index] ?? 0);
        index++;
      }
      writeParts(db, before, { seq: before.seq + events.length, place: places.last() });
    },
    forget: () => places.forget(),
  };

  function insert(event: Event, tapeAfter: number): void {
    if (event.kind === "write") {
      fill(single, 0, event, tapeAfter);
      insertWrite.run(single);
      return;
    }
    const { place, parent, start, size, detail } = columnsOf(event);
    const placeId = place === null ? null : places.idOf(place);
    const code = codeOfKind[event.kind];
    insertEvent.run(
      event.seq,
      event.time - birth,
      event.run,
      code,
      tapeAfter,
      placeId,
      parent,
      start,
      size,
      detail,
    );
    const moved = movedColumnsOf(event);
    if (moved === undefined) return;
    insertMoved.run(event.seq, moved.toParent, places.idOf(moved.to), moved.replaced, moved.kept);
  }
}

type WriteEvent = Extract<Event, { readonly kind: "write" }>;

const writesAtOnce = 32;
const writeColumns = 7;
