import type Database from "better-sqlite3";
import {
  type Base,
  baseDigest,
  baseOf,
  type BaseRow,
  controlsBeforeBase,
  type RetainedSpan,
} from "../format/base.ts";
import { foundation } from "../format/chain.ts";
import { journalId } from "../file/connection.ts";
import { Damage } from "../file/damage.ts";
import { pageDigest, unpack } from "../snapshots/packed.ts";
import { openRedactedSpans, type RedactedRow } from "../format/redaction.ts";
import { eventOf, isExact } from "../format/row.ts";
import { segmentBytes } from "../tape/segment.ts";
import { openTape, type Tape } from "../tape/tape.ts";
import { tapeDigests } from "../tape/digest.ts";
import type { Walk } from "./walk.ts";
import { checkRedacted } from "./redaction.ts";

/** A base whose own digest is right, and the state that the later events must continue from. */
export interface CheckedBase extends Base {
  readonly digest: Buffer;
  /** The digest of the commit that ends with its last event. */
  readonly commit: Buffer;
  readonly lastRun: number;
  /** The run that is open there, or 0. */
  readonly openRun: number;
  /** The number of processes that it told of before. */
  readonly processes: number;
  /** The number of folded events whose rows in `event` are left. */
  readonly controls: number;
  /** The digest of each folded redaction, by run. */
  readonly redactions: ReadonlyMap<number, string>;
}

/** Invariant J17: the base and all that belongs to it have their digest, and there is nothing else. */
export function checkBase(db: Database.Database): CheckedBase | undefined {
  const rows = db
    .prepare<[], BaseRow>("SELECT seq, facts, digest, bytes FROM base ORDER BY seq")
    .all();
  const count = (table: string) =>
    db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
  const [row] = rows;
  if (row === undefined) {
    if (count("kept") + count("base_page") > 0)
      throw new Damage("the base has pages or retained spans, but no row");
    return undefined;
  }
  if (rows.length > 1) throw new Damage("it has more than one base");
  const state = unpack(row.bytes);
  if (state === undefined) throw new Damage("the state that it begins with is damaged");
  for (const page of db
    .prepare<[], { digest: Buffer; bytes: Buffer }>("SELECT digest, bytes FROM base_page")
    .iterate()) {
    const bytes = unpack(page.bytes);
    if (bytes === undefined || !pageDigest(bytes).equals(page.digest))
      throw new Damage("a page of the state that it begins with is damaged");
  }
  const base = baseOf(row);
  if (!baseDigest(db, journalId(db), row, state).equals(row.digest))
    throw new Damage(
      "the state that it begins with, or the runs and marks before it, do not have their digest",
    );
  return { ...base, digest: row.digest, commit: commitAt(db, base), ...controlsOf(db, base) };
}

function commitAt(db: Database.Database, { seq }: Base): Buffer {
  const digest = db
    .prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?")
    .pluck()
    .get(seq);
  if (digest === undefined) throw new Damage("the chain lacks the commit that the base ends with");
  return digest;
}

function controlsOf(db: Database.Database, { seq }: Base) {
  const redactions = new Map<number, string>();
  let controls = 0;
  let lastRun = 0;
  let openRun = 0;
  let processes = 0;
  for (const row of controlsBeforeBase(db).iterate(seq)) {
    const event = eventOf(row);
    // Invariant J7 holds for these events as well.
    if (!isExact(row, event))
      throw new Damage(
        `event ${event.seq}: its row holds more or less than the event needs`,
        event.seq,
      );
    controls += 1;
    if (event.kind === "run-start") {
      lastRun = event.run;
      openRun = event.run;
      processes = 0;
      if (event.cause === "redact") redactions.set(event.run, event.digest);
    } else if (event.kind === "run-end") openRun = 0;
    else if (event.kind === "process") processes = event.number;
  }
  return { controls, lastRun, openRun, processes, redactions };
}

/**
 * Invariant J18: the chain vouches for the base. The last compaction's run-start has its digest; the chain of a fork of
 * a compacted journal begins with it.
 */
export function checkBound(db: Database.Database, base: CheckedBase | undefined, walk: Walk): void {
  // Without a base each event is there from the first on, also those that a compaction elsewhere folded: this may be a
  // copy that was made of packs.
  if (base === undefined) return;
  const last = [...walk.compactions.values()].at(-1);
  if (last === base.digest.toString("hex")) return;
  const first = db.prepare<[], Buffer>("SELECT digest FROM chain WHERE seq = 0").pluck().get();
  if (first === undefined || !foundation(first, base.digest).equals(base.commit))
    throw new Damage("the state that it begins with is not the one that the chain tells of");
}

/** Invariant J19: the retained spans of the tape are in order and have their digests. */
export function checkRetained(db: Database.Database, base: CheckedBase | undefined): void {
  if (base === undefined) return;
  const tape = openTape(db, 16 * segmentBytes);
  const digest = tapeDigests(tape);
  const redacted = openRedactedSpans(db);
  let reached = 0;
  for (const row of db
    .prepare<[], RetainedSpan>("SELECT start, length, digest FROM kept ORDER BY start")
    .iterate()) {
    const at = `the retained span of the tape at byte ${row.start}`;
    if (row.start < reached || row.length < 1 || row.start + row.length > base.tape)
      throw new Damage(`${at} is not in order`);
    reached = row.start + row.length;
    if (redacted.within(row.start, reached).length > 0)
      checkRemoved(tape, row, redacted.at(row.start), at);
    else if (!digest(row.start, reached).equals(row.digest)) throw new Damage(`${at} is damaged`);
  }
}

function checkRemoved(
  tape: Tape,
  row: RetainedSpan,
  removed: RedactedRow | undefined,
  at: string,
): void {
  if (removed?.digest.equals(row.digest) !== true)
    throw new Damage(`${at} is redacted only in part, or has another digest`);
  try {
    checkRedacted(tape, removed, row.length);
  } catch (error) {
    throw new Damage(`${at}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
