import { createHash } from "node:crypto";
import type Database from "better-sqlite3";
import { ByteWriter, MalformedError } from "./bytes.ts";
import { commitHash, genesis } from "./chain.ts";
import { encodeEvent } from "./codec.ts";
import type { Event, Seq } from "./event.ts";
import { databaseOf } from "./handle.ts";
import { type Journal, JournalError } from "./journal.ts";
import { openReader } from "./reader.ts";
import { eventOf, type EventRow, isExact, placeIdsOf, selectEvent, tapeAfter } from "./row.ts";
import { createSchema } from "./schema.ts";
import { bytesOf, type SegmentRow, segmentBytes } from "./segment.ts";
import { openTape } from "./tape.ts";
import { openMemory } from "./connection.ts";

export interface VerifyOptions {
  /** A chain digest (hex) that was kept: it must be that of one of the journal's commits. */
  readonly head?: string;
  /** Called now and then with the events checked so far, and how many there are. */
  readonly onProgress?: (checked: number, events: number) => void;
}

/** What `verify` found. `events` and `head` (the last digest, hex) are as the journal has them. */
export type Verdict =
  | {
      readonly ok: true;
      readonly events: number;
      readonly head: string;
      /** Seq up to which the kept digest vouches, where one was given. */
      readonly headAt?: Seq;
    }
  | {
      readonly ok: false;
      readonly events: number;
      readonly head: string;
      /** The first event that is damaged, or of the first commit that is; 0 where it is the journal as a whole. */
      readonly seq: Seq;
      /** The path that event is about. */
      readonly path?: string;
      readonly reason: string;
    };

/**
 * Recomputes everything from what is committed: each row of each table, the tape, the chain. Throws JournalError only
 * where there is no journal to look at ("missing", "not-a-journal", "newer", "io").
 */
export function verify(target: string | Journal, options: VerifyOptions = {}): Verdict {
  if (typeof target !== "string") return verifyDatabase(databaseOf(target), options);
  let journal: Journal;
  try {
    journal = openReader(target);
  } catch (error) {
    if (!(error instanceof JournalError) || error.code !== "damaged") throw error;
    return { ok: false, events: 0, head: "", seq: 0 as Seq, reason: error.message };
  }
  try {
    return verifyDatabase(databaseOf(journal), options);
  } finally {
    journal.close();
  }
}

class Damage extends Error {
  readonly seq: number;
  readonly path: string | undefined;

  constructor(reason: string, seq = 0, path?: string) {
    super(reason);
    this.seq = seq;
    this.path = path;
  }
}

function verifyDatabase(db: Database.Database, options: VerifyOptions): Verdict {
  let events = 0;
  let head = "";
  try {
    // One read transaction: a writer that goes on meanwhile changes nothing for us.
    return db.transaction((): Verdict => {
      checkFile(db);
      const last = db
        .prepare<[], { seq: number; digest: Buffer }>(
          "SELECT seq, digest FROM chain ORDER BY seq DESC LIMIT 1",
        )
        .get();
      events = last?.seq ?? 0;
      head = last?.digest.toString("hex") ?? "";
      checkMeta(db);
      const walk = checkEvents(db, events, options.onProgress ?? (() => {}));
      checkSegments(db, walk);
      const headAt = options.head === undefined ? undefined : seqOfDigest(db, options.head);
      return { ok: true, events, head, ...(headAt === undefined ? {} : { headAt }) };
    })();
  } catch (error) {
    const damage = damageIn(error);
    const path = damage.path === undefined ? {} : { path: damage.path };
    return { ok: false, events, head, seq: damage.seq as Seq, ...path, reason: damage.message };
  }
}

function damageIn(error: unknown): Damage {
  if (error instanceof Damage) return error;
  if (error instanceof MalformedError) return new Damage(error.message);
  if (
    error instanceof Error &&
    "code" in error &&
    /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(String(error.code))
  ) {
    return new Damage(`the database file is damaged: ${error.message}`);
  }
  throw error;
}

// Invariants J1 and J2: SQLite's own structure, each index and constraint; and no table, index, view or trigger but ours.
function checkFile(db: Database.Database): void {
  const faults = db.prepare<[], string>("PRAGMA integrity_check(1)").pluck().all();
  if (faults.join() !== "ok")
    throw new Damage(`the database file is damaged: ${faults.join("; ").replaceAll("\n", " ")}`);
  if (schemaOf(db) !== expectedSchema())
    throw new Damage("its tables, indexes or views are not those of a journal");
}

function schemaOf(db: Database.Database): string {
  const rows = db.prepare(
    "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name",
  );
  return JSON.stringify(rows.all());
}

function expectedSchema(): string {
  const db = openMemory();
  try {
    createSchema(db);
    return schemaOf(db);
  } finally {
    db.close();
  }
}

// Invariant J3: the id and the time of birth, bound by the first link of the chain.
function checkMeta(db: Database.Database): void {
  const meta = new Map(db.prepare<[], [string, string]>("SELECT key, value FROM meta").raw().all());
  const [id, created] = [meta.get("id"), meta.get("created")];
  if (meta.size !== 2 || id === undefined || created === undefined)
    throw new Damage("its table meta is damaged");
  const first = db.prepare<[], Buffer>("SELECT digest FROM chain WHERE seq = 0").pluck().get();
  if (first?.equals(genesis(id, created)) !== true)
    throw new Damage("its id or time of birth is not what the chain began with");
}

/** What an event must agree with: the state after the ones before it. */
interface Walk {
  seq: number;
  time: bigint;
  tape: number;
  places: number;
  renames: number;
  lastRun: number;
  openRun: number;
  /** Where the commits since the last whole segment ended on the tape. */
  cuts: number[];
}

const pageEvents = 1000;

function checkEvents(
  db: Database.Database,
  events: number,
  onProgress: (checked: number, events: number) => void,
): Walk {
  const page = db
    .prepare<[number, number], EventRow>(
      `${selectEvent} WHERE e.seq BETWEEN ? AND ? ORDER BY e.seq`,
    )
    .raw();
  const commits = db.prepare<[number], { seq: number; digest: Buffer }>(
    "SELECT seq, digest FROM chain WHERE seq > ? ORDER BY seq LIMIT 1",
  );
  const tape = openTape(db, 16 * segmentBytes);
  const canonical = new ByteWriter();
  const payload = new PayloadReader(tape);
  const walk: Walk = {
    seq: 0,
    time: 0n,
    tape: 0,
    places: 0,
    renames: 0,
    lastRun: 0,
    openRun: 0,
    cuts: [],
  };
  let digest =
    db.prepare<[], Buffer>("SELECT digest FROM chain WHERE seq = 0").pluck().get() ??
    Buffer.alloc(0);

  while (walk.seq < events) {
    const commit = commits.get(walk.seq);
    if (commit === undefined) throw new Damage("the chain ends too early", walk.seq + 1);
    const start = walk.seq + 1;
    const tapeBefore = walk.tape;
    const hash = commitHash(digest);
    let firstPath: string | undefined;
    while (walk.seq < commit.seq) {
      const rows = page.all(walk.seq + 1, Math.min(commit.seq, walk.seq + pageEvents));
      if (rows.length === 0) throw new Damage(`event ${walk.seq + 1} is missing`, walk.seq + 1);
      for (const row of rows) {
        const event = checkRow(row, walk);
        canonical.at = 0;
        try {
          encodeEvent(
            canonical,
            event,
            walk.tape,
            event.kind === "write" ? payload.digest(event.tape, walk.tape) : undefined,
          );
        } catch (error) {
          throw new Damage(`event ${event.seq}: ${reasonOf(error)}`, event.seq, pathOf(event));
        }
        hash.update(canonical.buffer.subarray(0, canonical.at));
        firstPath ??= pathOf(event);
      }
      onProgress(walk.seq, events);
    }
    if (!hash.digest().equals(commit.digest)) {
      const span =
        start === commit.seq
          ? `event ${start} is`
          : `events ${start} to ${commit.seq}, one commit, are`;
      throw new Damage(`${span} not what the chain says`, start, firstPath);
    }
    digest = commit.digest;
    cut(walk, tapeBefore);
  }
  checkNothingElse(db, walk);
  return walk;
}

/** Remembers where a commit ended: the open segment has one piece for each. */
function cut(walk: Walk, tapeBefore: number): void {
  if (Math.floor(walk.tape / segmentBytes) > Math.floor(tapeBefore / segmentBytes)) walk.cuts = [];
  if (walk.tape > tapeBefore && walk.tape % segmentBytes !== 0) walk.cuts.push(walk.tape);
}

// Invariants J4 to J9, for one row.
function checkRow(row: EventRow, walk: Walk): Event {
  const seq = walk.seq + 1;
  let event: Event;
  try {
    event = eventOf(row);
  } catch (error) {
    throw new Damage(`event ${seq}: ${reasonOf(error)}`, seq);
  }
  const fault = faultOf(row, event, walk);
  if (fault !== undefined) throw new Damage(`event ${seq}: ${fault}`, seq, pathOf(event));
  return event;
}

/** What is wrong with an event, if anything; moves the walk on over it. */
function faultOf(row: EventRow, event: Event, walk: Walk): string | undefined {
  if (event.seq !== walk.seq + 1) return "it is missing";
  if (event.time < walk.time) return "its time is before that of the event before it";
  const length = event.kind === "write" ? event.length : 0;
  if (tapeAfter(row) !== walk.tape + length)
    return "its position on the tape does not follow on the event before it";
  if (!isExact(row, event)) return "its row holds more or less than the event needs";
  const ids = placeIdsOf(row);
  for (const id of [ids.place, ids.to]) {
    if (id === null) continue;
    if (typeof id !== "number" || id < 1 || id > walk.places + 1)
      return "its place is not numbered in the order of first use";
    walk.places = Math.max(walk.places, id);
  }
  const fault = faultOfRun(event, walk);
  if (fault !== undefined) return fault;
  if (event.kind === "rename") walk.renames++;
  walk.seq = event.seq;
  walk.time = event.time;
  walk.tape += length;
  return undefined;
}

function faultOfRun(event: Event, walk: Walk): string | undefined {
  if (event.kind === "mark") {
    if (event.run !== 0) return "a mark belongs to no run";
    return event.at < event.seq ? undefined : "a mark is at an event after itself";
  }
  if (event.kind === "run-start") {
    if (event.run !== walk.lastRun + 1) return "runs are not numbered 1, 2, 3…";
    walk.lastRun = event.run;
    walk.openRun = event.run;
    return undefined;
  }
  if (walk.openRun === 0 || event.run !== walk.openRun)
    return "it does not belong to the run that was open";
  if (event.kind === "run-end") walk.openRun = 0;
  return undefined;
}

// Invariant J10: no row that no event asks for.
function checkNothingElse(db: Database.Database, walk: Walk): void {
  const count = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0;
  const extra = walk.seq + 1;
  if (count("SELECT count(*) FROM event") !== walk.seq)
    throw new Damage("there are events that no commit covers", extra);
  if (count("SELECT count(*) FROM place") !== walk.places)
    throw new Damage("there are places that no event uses");
  if (count("SELECT count(*) FROM moved") !== walk.renames)
    throw new Damage("there are moves that no event made");
  if (count("SELECT count(*) FROM chain WHERE seq < 0") !== 0)
    throw new Damage("there are commits before the first");
}

// Invariants J11 and J12: the segments are the tape, whole, cut where it must be, each byte once.
function checkSegments(db: Database.Database, { tape: tapeLength, cuts }: Walk): void {
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

function seqOfDigest(db: Database.Database, kept: string): Seq {
  const digest = /^[0-9a-fA-F]{64}$/.test(kept) ? Buffer.from(kept, "hex") : Buffer.alloc(0);
  const seq = db
    .prepare<[Buffer], number>("SELECT seq FROM chain WHERE digest = ?")
    .pluck()
    .get(digest);
  if (seq === undefined) {
    throw new Damage(
      "the digest that was kept is that of no commit: events were cut off or rewritten since, or it is of another journal",
    );
  }
  return seq as Seq;
}

/** Digests payloads piece by piece, so that a large one needs no more memory than a segment. */
class PayloadReader {
  readonly #tape: ReturnType<typeof openTape>;
  readonly #piece = Buffer.alloc(segmentBytes);

  constructor(tape: ReturnType<typeof openTape>) {
    this.#tape = tape;
  }

  digest(start: number, end: number): Buffer {
    const hash = createHash("sha256");
    for (let from = start; from < end; from += segmentBytes) {
      const count = Math.min(segmentBytes, end - from);
      this.#tape.read(from, from + count, this.#piece, 0);
      hash.update(this.#piece.subarray(0, count));
    }
    return hash.digest();
  }
}

function pathOf(event: Event): string | undefined {
  return "path" in event ? event.path : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
