import { MalformedError } from "./bytes.ts";
import { nameOf, parseMode } from "./codec.ts";
import type {
  Event,
  Extent,
  Fact,
  Ino,
  Kind,
  RunKind,
  RunNumber,
  Seq,
  TapePosition,
} from "./event.ts";
import { codeOfKind, kindOfCode } from "./kind-code.ts";
import { timeOf } from "./schema.ts";

/** What a row of `event` holds beside seq, time, run, kind and tape, places as (ino, path). */
export interface EventColumns {
  readonly place: Place | null;
  readonly parent: number | null;
  readonly start: number | null;
  readonly size: number | null;
  readonly detail: string | null;
}

/** An inode under one of its paths; ino 0 for a path that was refused. */
export interface Place {
  readonly ino: number;
  readonly path: string;
}

/** What a row of `moved` holds beside seq: where a rename went, and what stood there. */
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
  e.detail, m.to_parent, q.ino, q.path, m.replaced, m.kept, e.place, m.to_place
FROM event e LEFT JOIN place p ON p.id = e.place
LEFT JOIN moved m ON m.seq = e.seq LEFT JOIN place q ON q.id = m.to_place`;

/** Events of these kinds have no place, and by that the index finds them. */
export const placeless: ReadonlySet<Kind> = new Set<Kind>(["run-start", "run-end", "mark"]);

/** Whether an event has no place, in SQL; spelled so that it is looked up by the index of them. */
export function isControlIn(event: string): string {
  const codes = Array.from(placeless, (kind) => codeOfKind[kind]);
  return `${event}.place IS NULL AND ${event}.kind IN (${codes.join()})`;
}

/** The columns that tell a fact. */
export function columnsOf(fact: Fact): EventColumns {
  switch (fact.kind) {
    case "create":
    case "mkdir":
      return { ...nothing, place: fact, parent: fact.parent, size: fact.mode ?? null };
    case "set-mode":
      return { ...nothing, place: fact, size: fact.mode ?? null };
    case "link":
    case "rename":
      return { ...nothing, place: fact, parent: fact.parent };
    case "symlink":
      return {
        ...nothing,
        place: fact,
        parent: fact.parent,
        detail: JSON.stringify({ target: fact.target }),
      };
    case "unlink":
    case "rmdir":
      return {
        ...nothing,
        place: fact,
        parent: fact.parent,
        detail: fact.kept ? keptDetail : null,
      };
    case "write":
    case "read":
      return { ...nothing, place: fact, start: fact.offset, size: fact.length };
    case "open":
      return { ...nothing, place: fact };
    case "set-size":
      return { ...nothing, place: fact, size: fact.size };
    case "set-times":
      return {
        ...nothing,
        place: fact,
        detail: JSON.stringify({ atime: fact.atime?.toString(), mtime: fact.mtime?.toString() }),
      };
    case "revert":
      return {
        ...nothing,
        place: fact,
        size: fact.size,
        detail: JSON.stringify({ extents: fact.extents.map(triple) }),
      };
    case "run-start":
      return {
        ...nothing,
        detail: JSON.stringify({
          cause: fact.cause,
          guest: fact.guest,
          args: fact.args,
          environment: fact.environment,
          digest: fact.digest,
          limits: Array.from(fact.limits, ([name, value]) => [
            name,
            Number.isFinite(value) ? value : "unlimited",
          ]),
        }),
      };
    case "run-end":
      return { ...nothing, detail: JSON.stringify({ exit: fact.exit, reason: fact.reason }) };
    case "mark":
      return { ...nothing, detail: JSON.stringify({ name: fact.name, at: fact.at }) };
    case "fail":
      return {
        ...nothing,
        place: { ino: 0, path: fact.path },
        detail: JSON.stringify({
          operation: fact.operation,
          error: fact.error,
          count: fact.count,
          limit: fact.limit,
        }),
      };
    default:
      return never(fact);
  }
}

/** The row of `moved` that a fact needs, or undefined where it is no rename. */
export function movedColumnsOf(fact: Fact): MovedColumns | undefined {
  if (fact.kind !== "rename") return undefined;
  const replaced = fact.replaced;
  return {
    toParent: fact.toParent,
    to: { ino: fact.ino, path: fact.to },
    replaced: replaced === undefined ? null : replaced.ino,
    kept: replaced === undefined ? null : Number(replaced.kept),
  };
}

/** The event a row tells. Throws MalformedError where it tells none. */
export function eventOf(row: EventRow): Event {
  const time = BigInt(whole(row[1])) * 1_000_000_000n + BigInt(whole(row[2]));
  return { ...factOf(row), seq: whole(row[0]) as Seq, time, run: whole(row[3]) as RunNumber };
}

/** Length of the tape after the event of a row. */
export function tapeAfter(row: EventRow): number {
  return whole(row[5]);
}

/** Ids of the places a row refers to. */
export function placeIdsOf(row: EventRow): { readonly place: unknown; readonly to: unknown } {
  return { place: row[17], to: row[18] };
}

/** Whether a row holds, column by column, just what its event needs and nothing else. */
export function isExact(row: EventRow, event: Event): boolean {
  const columns = columnsOf(event);
  const moved = movedColumnsOf(event);
  return (
    row[4] === codeOfKind[event.kind] &&
    row[6] === (columns.place?.ino ?? null) &&
    row[7] === (columns.place?.path ?? null) &&
    row[8] === columns.parent &&
    row[9] === columns.start &&
    row[10] === columns.size &&
    row[11] === columns.detail &&
    row[12] === (moved?.toParent ?? null) &&
    row[13] === (moved?.to.ino ?? null) &&
    row[14] === (moved?.to.path ?? null) &&
    row[15] === (moved?.replaced ?? null) &&
    row[16] === (moved?.kept ?? null)
  );
}

const nothing: EventColumns = { place: null, parent: null, start: null, size: null, detail: null };
const keptDetail = JSON.stringify({ kept: true });

function factOf(row: EventRow): Fact {
  const kind = kindOfCode(whole(row[4]));
  switch (kind) {
    case "create":
    case "mkdir":
      return { kind, ...entryOf(row), ...modeOf(row) };
    case "set-mode":
      return { kind, ...inodeOf(row), ...modeOf(row) };
    case "link":
      return { kind, ...entryOf(row) };
    case "symlink":
      return { kind, ...entryOf(row), target: text(detailOf(row).get("target")) };
    case "unlink":
    case "rmdir":
      return { kind, ...entryOf(row), kept: row[11] !== null };
    case "rename": {
      const to = text(row[14]);
      const fact = {
        kind,
        ...entryOf(row),
        toParent: whole(row[12]) as Ino,
        toName: nameOf(to),
        to,
      };
      if (row[15] === null) return fact;
      return { ...fact, replaced: { ino: whole(row[15]) as Ino, kept: whole(row[16]) === 1 } };
    }
    case "write": {
      const range = rangeOf(row);
      return { kind, ...range, tape: whole(tapeAfter(row) - range.length) as TapePosition };
    }
    case "read":
      return { kind, ...rangeOf(row) };
    case "open":
      return { kind, ...inodeOf(row) };
    case "set-size":
      return { kind, ...inodeOf(row), size: whole(row[10]) };
    case "set-times": {
      const detail = detailOf(row);
      const [atime, mtime] = [detail.get("atime"), detail.get("mtime")];
      return {
        kind,
        ...inodeOf(row),
        ...(atime === undefined ? {} : { atime: moment(atime) }),
        ...(mtime === undefined ? {} : { mtime: moment(mtime) }),
      };
    }
    case "revert":
      return {
        kind,
        ...inodeOf(row),
        size: whole(row[10]),
        extents: list(detailOf(row).get("extents")).map(extent),
      };
    case "run-start": {
      const detail = detailOf(row);
      return {
        kind,
        cause: text(detail.get("cause")) as RunKind,
        guest: text(detail.get("guest")),
        args: list(detail.get("args")).map(text),
        environment: list(detail.get("environment")).map(text),
        digest: text(detail.get("digest")),
        limits: new Map(list(detail.get("limits")).map(limit)),
      };
    }
    case "run-end": {
      const detail = detailOf(row);
      const [exit, reason] = [detail.get("exit"), detail.get("reason")];
      if (!Number.isSafeInteger(exit)) throw new MalformedError("an exit code is no whole number");
      return {
        kind,
        exit: Number(exit),
        ...(reason === undefined ? {} : { reason: text(reason) }),
      };
    }
    case "mark": {
      const detail = detailOf(row);
      return { kind, name: text(detail.get("name")), at: whole(detail.get("at")) as Seq };
    }
    case "fail": {
      const detail = detailOf(row);
      const limited = detail.get("limit");
      return {
        kind,
        path: text(row[7]),
        operation: text(detail.get("operation")),
        error: text(detail.get("error")),
        count: whole(detail.get("count")),
        ...(limited === undefined ? {} : { limit: text(limited) }),
      };
    }
    case undefined:
      throw new MalformedError("a kind that does not exist");
    default:
      return never(kind);
  }
}

function inodeOf(row: EventRow) {
  return { ino: whole(row[6]) as Ino, path: text(row[7]) };
}

function entryOf(row: EventRow) {
  const inode = inodeOf(row);
  return { ...inode, parent: whole(row[8]) as Ino, name: nameOf(inode.path) };
}

function modeOf(row: EventRow): { readonly mode?: number } {
  return row[10] === null ? {} : { mode: parseMode(whole(row[10])) };
}

function rangeOf(row: EventRow) {
  return { ...inodeOf(row), offset: whole(row[9]), length: whole(row[10]) };
}

function detailOf(row: EventRow): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text(row[11]));
  } catch (error) {
    throw new MalformedError("its detail is not JSON", { cause: error });
  }
  if (typeof value !== "object" || value === null)
    throw new MalformedError("its detail is no object");
  return new Map(Object.entries(value));
}

function extent(value: unknown): Extent {
  const [offset, length, tape] = list(value);
  return {
    offset: whole(offset),
    length: whole(length),
    tape: tape === null ? "hole" : (whole(tape) as TapePosition),
  };
}

function triple({ offset, length, tape }: Extent) {
  return [offset, length, tape === "hole" ? null : tape];
}

function limit(pair: unknown): [string, number] {
  const [name, value] = list(pair);
  if (value === "unlimited") return [text(name), Number.POSITIVE_INFINITY];
  if (typeof value !== "number") throw new MalformedError("a limit is no number");
  return [text(name), value];
}

function moment(value: unknown): bigint {
  const digits = text(value);
  if (!/^[0-9]{1,20}$/.test(digits)) throw new MalformedError("a time is no number");
  const time = BigInt(digits);
  if (time >= 1n << 64n) throw new MalformedError("a time is too large");
  return time;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedError("a list is missing");
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new MalformedError("a text is missing");
  return value;
}

function whole(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new MalformedError("a number is missing or out of range");
  }
  return value;
}

function never(value: never): never {
  throw new TypeError(`no such fact: ${String(value)}`);
}
