import { createHash } from "node:crypto";
import type Database from "better-sqlite3";
import { ByteWriter, MalformedError } from "./bytes.ts";
import { encodeEvent } from "./codec.ts";
import type { RunNumber, Seq } from "./event.ts";
import type { TapeSpan } from "./redaction.ts";
import { eventOf, type EventRow, isPlacelessIn, selectEvent, tapeAfter } from "./row.ts";

/** The beginning of a compacted journal: the state just after the last folded event, in place of the events. */
export interface Base {
  /** The last event that was folded; the first that is left is the next one. */
  readonly seq: Seq;
  /** Nanoseconds since the epoch: of the first event that was folded, and of the last. */
  readonly firstTime: bigint;
  readonly time: bigint;
  /** Length of the tape after it. */
  readonly tape: number;
  /**
   * Places up to this one are numbered, and need not all be there.
   * @internal
   */
  readonly places: number;
  /**
   * The last event of each run that has no end among what was folded.
   * @internal
   */
  readonly lasts: ReadonlyMap<RunNumber, Seq>;
}

/** The bytes of a base: journal/DESIGN.md, "The bytes of a base". Reading them throws JournalError if they are damaged. */
export interface StoredBase {
  bytes(this: void): Uint8Array;
  /** Returns the page with this digest (32 hex digits). */
  page(this: void, digest: string): Uint8Array;
}

/** The row of `base`. */
export interface BaseRow {
  readonly seq: Seq;
  readonly facts: string;
  readonly digest: Buffer;
  readonly bytes: Buffer;
}

/** Gives the base of a journal, as often as it is asked; undefined where nothing was folded. */
export function openBase(db: Database.Database): () => Base | undefined {
  const find = db.prepare<[], Pick<BaseRow, "seq" | "facts">>("SELECT seq, facts FROM base");
  let known: (Base & { readonly facts: string }) | undefined;
  return () => {
    const row = find.get();
    if (row === undefined) return undefined;
    if (known?.seq !== row.seq || known.facts !== row.facts)
      known = { ...baseOf(row), facts: row.facts };
    return known;
  };
}

/** Returns the facts of a base as its row has them. */
export function factsOf(base: Base): string {
  return JSON.stringify({
    firstTime: base.firstTime.toString(),
    time: base.time.toString(),
    tape: base.tape,
    places: base.places,
    lasts: [...base.lasts],
  });
}

/** Throws MalformedError. */
export function baseOf({ seq, facts }: Pick<BaseRow, "seq" | "facts">): Base {
  const told = new Map<string, unknown>(Object.entries(parsed(facts)));
  const lasts = told.get("lasts");
  const base: Base = {
    seq,
    firstTime: moment(told.get("firstTime")),
    time: moment(told.get("time")),
    tape: whole(told.get("tape")),
    places: whole(told.get("places")),
    lasts: new Map(Array.isArray(lasts) ? lasts.map(runAndSeq) : []),
  };
  if (factsOf(base) !== facts) throw malformed();
  return base;
}

function parsed(facts: string): object {
  try {
    const value: unknown = JSON.parse(facts);
    if (typeof value === "object" && value !== null) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw malformed();
}

function runAndSeq(pair: unknown): [RunNumber, Seq] {
  const [run, seq]: readonly unknown[] = Array.isArray(pair) ? pair : [];
  return [whole(run) as RunNumber, whole(seq) as Seq];
}

function moment(value: unknown): bigint {
  if (typeof value !== "string" || !/^[0-9]{1,20}$/.test(value)) throw malformed();
  return BigInt(value);
}

function whole(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw malformed();
  return value;
}

function malformed(): MalformedError {
  return new MalformedError("what was folded is not told of as it must be");
}

/**
 * Digest of a base: it binds the state that it stands for, the bytes of the tape that are kept for it, the runs and
 * marks that were folded, and the digests of all commits before it. The run that made it carries the digest in the
 * chain.
 */
export function baseDigest(
  db: Database.Database,
  id: string,
  row: Pick<BaseRow, "seq" | "facts">,
  state: Uint8Array,
): Buffer {
  const hash = createHash("sha256");
  hash.update(`rewindfs base 1\n${id} ${row.seq}\n${row.facts}\n`);
  hash.update(`${createHash("sha256").update(state).digest("hex")}\n`);
  const commits = db.prepare<[number], { seq: number; digest: Buffer }>(
    "SELECT seq, digest FROM chain WHERE seq < ? ORDER BY seq",
  );
  for (const commit of commits.iterate(row.seq))
    hash.update(`commit ${commit.seq} ${commit.digest.toString("hex")}\n`);
  const pages = db.prepare<[], Buffer>("SELECT digest FROM base_page ORDER BY digest").pluck();
  for (const page of pages.iterate()) hash.update(`page ${page.toString("hex")}\n`);
  const kept = db.prepare<[], RetainedSpan>(
    "SELECT start, length, digest FROM kept ORDER BY start",
  );
  for (const { start, length, digest } of kept.iterate())
    hash.update(`kept ${start} ${length} ${digest.toString("hex")}\n`);
  const canonical = new ByteWriter();
  for (const event of controlsBeforeBase(db).iterate(row.seq)) {
    canonical.at = 0;
    encodeEvent(canonical, eventOf(event), tapeAfter(event));
    hash.update(canonical.buffer.subarray(0, canonical.at));
  }
  return hash.digest();
}

/** A piece of the tape from before a base that is kept, with the SHA-256 of what was written there. */
export interface RetainedSpan {
  readonly start: number;
  readonly length: number;
  readonly digest: Buffer;
}

/** Returns a function that gives the retained spans that have a byte from one position up to another, in order. */
export function openRetained(db: Database.Database): (start: number, end: number) => TapeSpan[] {
  const within = db.prepare<[number, number, number], TapeSpan>(
    `SELECT start, length FROM kept
    WHERE start >= (SELECT ifnull(max(start), 0) FROM kept WHERE start <= ?) AND start < ? AND start + length > ?
    ORDER BY start`,
  );
  return (start, end) => within.all(start, end, start);
}

/** Selects the events up to a base that stay: starts and ends of runs, marks, and what was promised and fetched. */
export function controlsBeforeBase(db: Database.Database): Database.Statement<[number], EventRow> {
  return db
    .prepare<[number], EventRow>(
      `${selectEvent} WHERE ${isPlacelessIn("e")} AND e.seq <= ? ORDER BY e.seq`,
    )
    .raw();
}
