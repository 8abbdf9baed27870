import type Database from "better-sqlite3";
import type { Event } from "./event.ts";
import { codeOfKind } from "./kind-code.ts";
import { openPlaces } from "./places.ts";
import { columnsOf, movedColumnsOf } from "./row.ts";

/** Puts events into their tables; for use in a transaction. */
export interface EventRows {
  insert(event: Event, tapeAfter: number): void;
  /** To be called when the transaction was rolled back. */
  forget(): void;
}

type Column = number | bigint | string | null;

export function openEventRows(db: Database.Database): EventRows {
  const places = openPlaces(db);
  const insertEvent = db.prepare<Column[]>(
    "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const insertMoved = db.prepare<Column[]>("INSERT INTO moved VALUES (?, ?, ?, ?, ?)");
  // Most events are writes: binding four values less makes them a fifth cheaper.
  const insertWrite = db.prepare<Column[]>(
    `INSERT INTO event VALUES (?, ?, ?, ${codeOfKind.write}, ?, ?, NULL, ?, ?, NULL)`,
  );

  return {
    insert(event, tapeAfter) {
      if (event.kind === "write") {
        insertWrite.run(
          event.seq,
          event.time,
          event.run,
          tapeAfter,
          places.idOf(event),
          event.offset,
          event.length,
        );
        return;
      }
      const { place, parent, start, size, detail } = columnsOf(event);
      const placeId = place === null ? null : places.idOf(place);
      const code = codeOfKind[event.kind];
      insertEvent.run(
        event.seq,
        event.time,
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
    },
    forget: () => places.forget(),
  };
}
