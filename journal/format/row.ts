import { columnOfText, textOfColumn } from "./byte-text.ts";
import { MalformedError } from "./bytes.ts";
import { nameOf } from "./codec.ts";
import { type Encoding, type Replaced, textIn, whole } from "./encoding.ts";
import type {
  Event,
  Fact,
  Ino,
  Kind,
  ProcessNumber,
  RunNumber,
  Seq,
  TapePosition,
} from "./event.ts";
import type { Column } from "./field.ts";
import {
  byKind,
  fieldsOf,
  kindOfCode,
  kinds,
  placeless,
  telling,
  valueOf,
  type Values,
} from "./kinds.ts";
import { timeOf } from "./schema.ts";

/** The columns of a row of `event` beside seq, time, run, kind and tape; places as (ino, path). */
export interface EventColumns {
  readonly place: Place | null;
  readonly parent: number | null;
  readonly start: number | null;
  readonly size: number | null;
  readonly detail: string | null;
  readonly process: number | null;
}

/** An inode under one of its paths; ino 0 for a path that was refused. */
export interface Place {
  readonly ino: number;
  readonly path: string;
}

/**
 * The columns of a row of `moved` beside seq: the new path of a rename, and the inode that it replaced; or the other path
 * of an exchange, and the inode that was there.
 */
export interface MovedColumns {
  readonly toParent: number;
  readonly to: Place;
  readonly replaced: number | null;
  readonly kept: number | null;
}

/** An event joined with its places and its move, as `selectEvent` gives it. */
export type EventRow = readonly unknown[];

/** Selects EventRow; to be followed by WHERE on `e`, `p`, `m` or `q`. Times come in two parts that a double can hold. */
export const selectEvent = `
SELECT e.seq, ${timeOf("e")} / 1000000000, ${timeOf("e")} % 1000000000, e.run, e.kind, e.tape, p.ino, p.path, e.parent, e.start, e.size,
  e.detail, m.to_parent, q.ino, q.path, m.replaced, m.kept, e.place, m.to_place, e.process
FROM event e LEFT JOIN place p ON p.id = e.place
LEFT JOIN moved m ON m.seq = e.seq LEFT JOIN place q ON q.id = m.to_place`;

/** SQL that is true for events that tell of runs and moments; spelled so that their index is used. */
export function isControlIn(event: string): string {
  const codes = Array.from(telling, (kind) => kinds[kind].code);
  return `${event}.place IS NULL AND ${event}.kind IN (${codes.join()})`;
}

/** SQL that is true for events without a place: those, and listings and fetches. */
export function isPlacelessIn(event: string): string {
  const codes = Array.from(placeless, (kind) => kinds[kind].code);
  return `${event}.place IS NULL AND ${event}.kind IN (${codes.join()})`;
}

/** Returns the columns that tell a fact. */
export function columnsOf(fact: Fact): EventColumns {
  const { columns, details, hasDetail } = forms[fact.kind];
  const detail = details.length === 0 ? null : detailTextOf(fact, details, hasDetail);
  // Most events are writes.
  if (fact.kind === "write") {
    const { offset, length, by = null } = fact;
    return { place: fact, parent: null, start: offset, size: length, detail, process: by };
  }
  return {
    place: columns.path === undefined ? null : placeOf(fact, columns.ino, columns.path),
    parent: numberOf(fact, columns.parent),
    start: numberOf(fact, columns.start),
    size: numberOf(fact, columns.size),
    detail,
    process: numberOf(fact, columns.process),
  };
}

/** Returns the row of `moved` that a fact needs, or undefined where nothing moves. */
export function movedColumnsOf(fact: Fact): MovedColumns | undefined {
  if (fact.kind === "exchange") {
    const { other, to, toParent } = fact;
    return { toParent, to: { ino: other, path: to }, replaced: null, kept: null };
  }
  if (fact.kind !== "rename") return undefined;
  const { ino, to, toParent, replaced } = fact;
  return {
    toParent,
    to: { ino, path: to },
    replaced: replaced === undefined ? null : replaced.ino,
    kept: replaced === undefined ? null : Number(replaced.kept),
  };
}

/** Returns the event a row tells. Throws MalformedError where it tells none. */
export function eventOf(row: EventRow): Event {
  const time = BigInt(whole(row[1])) * 1_000_000_000n + BigInt(whole(row[2]));
  const when = { seq: whole(row[0]) as Seq, time, run: whole(row[3]) as RunNumber };
  return row[4] === kinds.write.code && row[11] === null
    ? writeOf(row, when)
    : { ...factOf(row), ...when };
}

/** Length of the tape after the event of a row. */
export function tapeAfter(row: EventRow): number {
  return whole(row[5]);
}

/** Ids of the places a row refers to. */
export function placeIdsOf(row: EventRow): { readonly place: unknown; readonly to: unknown } {
  return { place: row[17], to: row[18] };
}

/** Tells whether a row has, column by column, exactly the values of its event. */
export function isExact(row: EventRow, event: Event): boolean {
  const columns = columnsOf(event);
  const moved = movedColumnsOf(event);
  return (
    row[4] === kinds[event.kind].code &&
    row[6] === (columns.place?.ino ?? null) &&
    row[7] === columnOf(columns.place) &&
    row[8] === columns.parent &&
    row[9] === columns.start &&
    row[10] === columns.size &&
    row[11] === columns.detail &&
    row[12] === (moved?.toParent ?? null) &&
    row[13] === (moved?.to.ino ?? null) &&
    row[14] === columnOf(moved?.to) &&
    row[15] === (moved?.replaced ?? null) &&
    row[16] === (moved?.kept ?? null) &&
    row[19] === columns.process
  );
}

function columnOf(place: Place | null | undefined): string | null {
  return place === null || place === undefined ? null : columnOfText(place.path);
}

function factOf(row: EventRow): Fact {
  const kind = kindOfCode(whole(row[4]));
  if (kind === undefined) throw new MalformedError("a kind that does not exist");
  const { reads, details, hasDetail } = forms[kind];
  const fact: Values = { kind };
  for (const { name, read } of reads) {
    const value = read(row, fact);
    if (value !== undefined) fact[name] = value;
  }
  if (details.length === 0) return fact as Fact;
  const detail = detailIn(row, hasDetail);
  for (const { name, isOptional, encoding } of details) {
    const found = detail.get(name);
    if (found !== undefined || !isOptional) fact[name] = encoding.fromColumn(found);
  }
  return fact as Fact;
}

// Made in one piece, which costs a third of what the table makes of it.
function writeOf(row: EventRow, { seq, time, run }: Pick<Event, "seq" | "time" | "run">): Event {
  const length = whole(row[10]);
  const ino = whole(row[6]) as Ino;
  const path = textOfColumn(textIn(row[7]));
  const offset = whole(row[9]);
  const tape = whole(tapeAfter(row) - length) as TapePosition;
  if (row[19] === null) return { kind: "write", ino, path, offset, length, tape, seq, time, run };
  const by = whole(row[19]) as ProcessNumber;
  return { kind: "write", ino, path, offset, length, tape, by, seq, time, run };
}

function placeOf(fact: Fact, ino: string | undefined, path: string): Place {
  return { ino: numberOf(fact, ino) ?? 0, path: textIn(valueOf(fact, path)) };
}

function numberOf(fact: Fact, name: string | undefined): number | null {
  const value = name === undefined ? undefined : valueOf(fact, name);
  return typeof value === "number" ? value : null;
}

function detailTextOf(
  fact: Fact,
  details: readonly RowField[],
  hasDetail: "always" | "where it says something",
): string | null {
  const detail: [string, unknown][] = [];
  for (const { name, encoding } of details) {
    const value = valueOf(fact, name);
    const told = value === undefined ? undefined : encoding.toColumn(value);
    if (told !== undefined) detail.push([name, told]);
  }
  if (detail.length === 0 && hasDetail !== "always") return null;
  return JSON.stringify(Object.fromEntries(detail));
}

function detailIn(
  row: EventRow,
  hasDetail: "always" | "where it says something",
): ReadonlyMap<string, unknown> {
  if (row[11] === null && hasDetail !== "always") return new Map();
  let value: unknown;
  try {
    value = JSON.parse(textIn(row[11]));
  } catch (error) {
    throw new MalformedError("its detail is not JSON", { cause: error });
  }
  if (typeof value !== "object" || value === null)
    throw new MalformedError("its detail is no object");
  return new Map(Object.entries(value));
}

/** A field that a row has. */
interface RowField {
  readonly name: string;
  readonly encoding: Encoding<unknown>;
  readonly isOptional: boolean;
}

/** Reads a field out of the columns of a row; what was read before it is in `fact`. */
interface Read {
  readonly name: string;
  read(this: void, row: EventRow, fact: Values): unknown;
}

/** Maps the fields of a kind to columns of its rows. */
interface Form {
  readonly columns: Columns;
  /** In the order in which they stand in the JSON. */
  readonly details: readonly RowField[];
  readonly hasDetail: "always" | "where it says something";
  /** All but those in `detail`, in order. */
  readonly reads: readonly Read[];
}

/** The names of the fields that stand in columns. */
interface Columns {
  readonly ino: string | undefined;
  readonly path: string | undefined;
  readonly parent: string | undefined;
  readonly start: string | undefined;
  readonly size: string | undefined;
  readonly process: string | undefined;
}

/** The positions of the columns in `selectEvent`. */
const columnIndex = {
  ino: 6,
  path: 7,
  parent: 8,
  start: 9,
  size: 10,
  "to-parent": 12,
  "to-path": 14,
  "to-ino": 13,
  process: 19,
} as const;

const forms = byKind(formOf);

function formOf(kind: Kind): Form {
  const inColumns = new Map<Column, string>();
  const details: RowField[] = [];
  const reads: Read[] = [];
  for (const [name, field] of fieldsOf(kind)) {
    if (field.presence === "derived") reads.push({ name, read: nameReader(field.from) });
    else if (field.column === "replaced") reads.push({ name, read: replacedIn });
    else if (field.column === "end-of-tape") reads.push({ name, read: tapeBefore });
    else {
      const { encoding, column, presence } = field;
      const found = { name, encoding, isOptional: presence !== "always" };
      if (column === "detail") details.push(found);
      else {
        inColumns.set(column, name);
        reads.push({ name, read: columnReader(columnIndex[column], found) });
      }
    }
  }
  const at = (column: Column) => inColumns.get(column);
  return {
    columns: {
      ino: at("ino"),
      path: at("path"),
      parent: at("parent"),
      start: at("start"),
      size: at("size"),
      process: at("process"),
    },
    details,
    hasDetail: kinds[kind].detail ?? "where it says something",
    reads,
  };
}

function columnReader(index: number, { encoding, isOptional }: RowField): Read["read"] {
  if (!isOptional) return (row) => encoding.fromColumn(row[index]);
  return (row) => (row[index] === null ? undefined : encoding.fromColumn(row[index]));
}

function nameReader(path: string): Read["read"] {
  return (_, fact) => nameOf(textIn(fact[path]));
}

function replacedIn(row: EventRow): Replaced | undefined {
  return row[15] === null ? undefined : { ino: whole(row[15]) as Ino, kept: whole(row[16]) === 1 };
}

function tapeBefore(row: EventRow, fact: Values): TapePosition {
  return whole(tapeAfter(row) - whole(fact["length"])) as TapePosition;
}
