import type Database from "better-sqlite3";
import { ByteWriter } from "../format/bytes.ts";
import { commitHash } from "../format/chain.ts";
import { encodeEvent } from "../format/codec.ts";
import { Damage } from "../file/damage.ts";
import type { Event } from "../format/event.ts";
import { bytesAdded, hasBytes } from "../format/kinds.ts";
import { versionOf } from "../file/migrate.ts";
import { eventsAt } from "../postings/postings.ts";
import { openRedactedSpans } from "../format/redaction.ts";
import {
  eventOf,
  type EventRow,
  isExact,
  placeIdsOf,
  selectEvent,
  tapeAfter,
} from "../format/row.ts";
import { firstFrom } from "../interface/search.ts";
import { segmentBytes } from "../tape/segment.ts";
import { openTape } from "../tape/tape.ts";
import { tapeDigests } from "../tape/digest.ts";
import type { CheckedBase } from "./base.ts";
import { openPostingCheck, type PostingCheck } from "./postings.ts";
import { checkRedacted } from "./redaction.ts";
import type { RunWalk, Walk } from "./walk.ts";

const pageEvents = 1000;
/** So many canonical bytes are hashed at once. */
const hashedBytes = 32 * 1024;

/** Checks all events up to `events` against their rows, the events before them, and the chain. */
export function checkEvents(
  db: Database.Database,
  events: number,
  base: CheckedBase | undefined,
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
  const payloadDigest = tapeDigests(tape);
  const postings = versionOf(db) < 3 ? undefined : openPostingCheck(db, eventsAt);
  const redacted = openRedactedSpans(db);
  // Most journals have no redacted spans, and a look-up for each write would take noticeable time.
  const isRedacted = redacted.within(0, Number.MAX_SAFE_INTEGER).length > 0;
  const walk: Walk = {
    seq: base?.seq ?? 0,
    time: base?.time ?? 0n,
    tape: base?.tape ?? 0,
    places: base?.places ?? 0,
    nextNumber: openNextNumber(db),
    oldPlaces: new Set(),
    renames: 0,
    lastRun: base?.lastRun ?? 0,
    openRun: base?.openRun ?? 0,
    processes: base?.processes ?? 0,
    redactions: new Map(base?.redactions),
    compactions: new Map(),
    cuts: base === undefined || base.tape % segmentBytes === 0 ? [] : [base.tape],
  };
  let digest =
    base?.commit ??
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
        const event = checkRow(row, walk, base);
        if (canonical.at > hashedBytes) {
          hash.update(canonical.buffer.subarray(0, canonical.at));
          canonical.at = 0;
        }
        try {
          encodeEvent(canonical, event, walk.tape);
          if (hasBytes(event)) {
            const removed = isRedacted && event.length > 0 ? redacted.at(event.tape) : undefined;
            canonical.bytes(removed?.digest ?? payloadDigest(event.tape, walk.tape));
            if (removed !== undefined) checkRedacted(tape, removed, event.length);
          }
        } catch (error) {
          throw new Damage(`event ${event.seq}: ${reasonOf(error)}`, event.seq, pathOf(event));
        }
        addTo(postings, row, event.seq);
        firstPath ??= pathOf(event);
      }
      onProgress(walk.seq, events);
    }
    hash.update(canonical.buffer.subarray(0, canonical.at));
    canonical.at = 0;
    // Invariant J13.
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
  checkNothingElse(db, walk, base);
  postings?.finish(walk.seq);
  return walk;
}

/**
 * Finds the next number of a place that has several, because the writer had dropped it from memory. Reads them on
 * demand: there may be as many as events, more than a Map can hold.
 */
function openNextNumber(db: Database.Database): Walk["nextNumber"] {
  const rows = db
    .prepare<[], [number, number]>(
      `SELECT id, next FROM (SELECT id, lead(id) OVER (PARTITION BY ino, path ORDER BY id) AS next FROM place)
      WHERE next IS NOT NULL ORDER BY id`,
    )
    .raw();
  const places: number[] = [];
  const nexts: number[] = [];
  for (const [place, next] of rows.iterate()) {
    places.push(place);
    nexts.push(next);
  }
  return (place) => {
    const at = firstFrom(places, place);
    return places[at] === place ? nexts[at] : undefined;
  };
}

/** Records where a commit ended: the open segment has one piece for each commit. */
function cut(walk: Walk, tapeBefore: number): void {
  if (Math.floor(walk.tape / segmentBytes) > Math.floor(tapeBefore / segmentBytes)) walk.cuts = [];
  if (walk.tape > tapeBefore && walk.tape % segmentBytes !== 0) walk.cuts.push(walk.tape);
}

function addTo(postings: PostingCheck | undefined, row: EventRow, seq: number): void {
  const { place, to } = placeIdsOf(row);
  if (typeof place === "number") postings?.add(place, seq);
  if (typeof to === "number") postings?.add(to, seq);
}

// Invariants J4 to J9 and J22, for one row.
function checkRow(row: EventRow, walk: Walk, base: CheckedBase | undefined): Event {
  const seq = walk.seq + 1;
  let event: Event;
  try {
    event = eventOf(row);
  } catch (error) {
    throw new Damage(`event ${seq}: ${reasonOf(error)}`, seq);
  }
  const fault = faultOf(row, event, walk, base?.places ?? 0);
  if (fault !== undefined) throw new Damage(`event ${seq}: ${fault}`, seq, pathOf(event));
  return event;
}

/** Returns the fault of an event, if any, and moves the walk past it. */
function faultOf(row: EventRow, event: Event, walk: Walk, oldPlaces: number): string | undefined {
  if (event.seq !== walk.seq + 1) return "it is missing";
  if (event.time < walk.time) return "its time is before that of the event before it";
  const length = bytesAdded(event);
  if (tapeAfter(row) !== walk.tape + length)
    return "its position on the tape does not follow on the event before it";
  if (!isExact(row, event)) return "its row holds more or less than the event needs";
  const ids = placeIdsOf(row);
  for (const id of [ids.place, ids.to]) {
    if (id === null) continue;
    if (typeof id !== "number" || id < 1 || id > walk.places + 1)
      return "its place is not numbered in the order of first use";
    walk.places = Math.max(walk.places, id);
    const next = walk.nextNumber(id);
    if (next !== undefined && next <= walk.places) return "its place has a newer number";
    if (id <= oldPlaces) walk.oldPlaces.add(id);
  }
  const fault = faultOfRun(event, walk);
  if (fault !== undefined) return fault;
  if (event.kind === "rename" || event.kind === "exchange") walk.renames++;
  walk.seq = event.seq;
  walk.time = event.time;
  walk.tape += length;
  return undefined;
}

/** Returns the fault of an event's run or process, if any, and moves the walk past it. */
export function faultOfRun(event: Event, walk: RunWalk): string | undefined {
  if (event.kind === "mark") {
    if (event.run !== 0) return "a mark belongs to no run";
    return event.at < event.seq ? undefined : "a mark is at an event after itself";
  }
  if (event.kind === "run-start") {
    if (event.run !== walk.lastRun + 1) return "runs are not numbered 1, 2, 3…";
    walk.lastRun = event.run;
    walk.openRun = event.run;
    walk.processes = 0;
    if (event.cause === "gc") walk.compactions.set(event.run, event.digest);
    if (event.cause === "redact") walk.redactions.set(event.run, event.digest);
    return undefined;
  }
  if (walk.openRun === 0 || event.run !== walk.openRun)
    return "it does not belong to the run that was open";
  if (event.kind === "run-end") walk.openRun = 0;
  return faultOfProcess(event, walk);
}

function faultOfProcess(event: Event, walk: RunWalk): string | undefined {
  const isKnown = (process: number) => process >= 1 && process <= walk.processes;
  if (event.kind === "process") {
    if (event.number !== walk.processes + 1) return "processes are not numbered 1, 2, 3…";
    if (event.startedBy !== undefined && !isKnown(event.startedBy))
      return "it was started by a process that its run has not told of";
    walk.processes = event.number;
    return undefined;
  }
  if ("by" in event && event.by !== undefined && !isKnown(event.by))
    return "it is by a process that its run has not told of";
  return undefined;
}

// Invariant J10: each row belongs to an event.
function checkNothingElse(db: Database.Database, walk: Walk, base: CheckedBase | undefined): void {
  const count = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0;
  const extra = walk.seq + 1;
  const events = walk.seq - (base === undefined ? 0 : base.seq - base.controls);
  const places = walk.places - (base?.places ?? 0) + walk.oldPlaces.size;
  if (count("SELECT count(*) FROM event") !== events)
    throw new Damage("there are events that no commit covers", extra);
  if (count("SELECT count(*) FROM place") !== places)
    throw new Damage("there are places that no event uses");
  if (count("SELECT count(*) FROM moved") !== walk.renames)
    throw new Damage("there are moves that no event made");
  if (count("SELECT count(*) FROM chain WHERE seq < 0") !== 0)
    throw new Damage("there are commits before the first");
}

function pathOf(event: Event): string | undefined {
  return "path" in event ? event.path : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
