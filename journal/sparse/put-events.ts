import type Database from "better-sqlite3";
import { columnOfText } from "../format/byte-text.ts";
import { MalformedError } from "../format/bytes.ts";
import { commitHash } from "../format/chain.ts";
import type { Event } from "../format/event.ts";
import { bytesAdded, kinds } from "../format/kinds.ts";
import { columnsOf, movedColumnsOf, type Place } from "../format/row.ts";
import { birthOf } from "../format/schema.ts";
import { eventsOf, type PackedEvent } from "../pack/pack.ts";

/** Events that a frame brings, and what they must follow on. */
export interface Frame {
  readonly first: number;
  readonly last: number;
  /** Length of the tape before the first event. */
  readonly tape: number;
  /** The events as a pack has them, unpacked. */
  readonly events: Buffer;
  /** Numbers of their places: for each event its own, or 0, and for one that moves something a second one. */
  readonly numbers: readonly number[];
}

/** Puts events into a sparse file: see SparseFile. */
export interface PutEvents {
  putPlaceless(this: void, events: Buffer): void;
  hasFrame(this: void, first: number, last: number): boolean;
  putFrame(this: void, frame: Frame): void;
}

export function openPutEvents(db: Database.Database): PutEvents {
  const count = db
    .prepare<[number, number], number>("SELECT count(*) FROM event WHERE seq BETWEEN ? AND ?")
    .pluck();
  return {
    putPlaceless: placelessPutter(db),
    hasFrame: (first, last) => count.get(first, last) === last - first + 1,
    putFrame: framePutter(db),
  };
}

function placelessPutter(db: Database.Database): PutEvents["putPlaceless"] {
  const birth = birthOf(db);
  const putControl = db.prepare<unknown[]>(
    "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const lastCommit = db.prepare<[], number>("SELECT ifnull(max(seq), 0) FROM chain").pluck();
  return (events) => {
    const last = lastCommit.get() ?? 0;
    let before = 0;
    for (const { event, tapeAfter } of eventsOf({ events })) {
      if (event.seq <= before || event.seq > last || columnsOf(event).place !== null)
        throw new MalformedError("the events of a view are not those of runs");
      before = event.seq;
      putControl.run(...rowOf(birth, event, tapeAfter, null));
    }
  };
}

function framePutter(db: Database.Database): PutEvents["putFrame"] {
  const birth = birthOf(db);
  const proven = prover(db);
  const putEvent = db.prepare<unknown[]>(
    "INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const putMoved = db.prepare<unknown[]>("INSERT OR REPLACE INTO moved VALUES (?, ?, ?, ?, ?)");
  const putPlace = db.prepare<[number, number, string]>(
    "INSERT OR REPLACE INTO place VALUES (?, ?, ?)",
  );

  function putPlaceOf({ ino, path }: Place, number: number | undefined): number {
    if (number === undefined || number < 1)
      throw new MalformedError("an event has no number of its place");
    putPlace.run(number, ino, columnOfText(path));
    return number;
  }

  return (frame) => {
    const { numbers } = frame;
    let at = 0;
    for (const { event, tapeAfter } of proven(frame)) {
      const { place } = columnsOf(event);
      const number = numbers[at++];
      const moved = movedColumnsOf(event);
      if (moved !== undefined) {
        const to = putPlaceOf(moved.to, numbers[at++]);
        putMoved.run(event.seq, moved.toParent, to, moved.replaced, moved.kept);
      }
      putEvent.run(
        ...rowOf(birth, event, tapeAfter, place === null ? null : putPlaceOf(place, number)),
      );
    }
    if (at !== numbers.length) throw new MalformedError("a frame has more places than events");
  };
}

/** Returns a function that gives the events of a frame, which are those that the chain tells of. */
function prover(db: Database.Database): (frame: Frame) => PackedEvent[] {
  const chainAt = db.prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?").pluck();
  return ({ first, last, tape, events }) => {
    let digest = chainAt.get(first - 1);
    if (digest === undefined) throw new MalformedError(`no commit ends before event ${first}`);
    let hash = commitHash(digest);
    let [seq, length] = [first - 1, tape];
    const found: PackedEvent[] = [];
    for (const packed of eventsOf({ events })) {
      const { event, tapeAfter, start, stop } = packed;
      if (event.seq !== seq + 1 || tapeAfter !== length + bytesAdded(event))
        throw new MalformedError(`event ${event.seq} does not follow on event ${seq}`);
      [seq, length] = [event.seq, tapeAfter];
      found.push(packed);
      hash.update(events.subarray(start, stop));
      const commit = chainAt.get(seq);
      if (commit === undefined) continue;
      digest = hash.digest();
      if (!digest.equals(commit))
        throw new MalformedError(`the events up to ${seq} are not what the chain's digest says`);
      hash = commitHash(digest);
    }
    if (seq !== last || chainAt.get(last) === undefined)
      throw new MalformedError(`the events from ${first} to ${last} are not all there`);
    return found;
  };
}

function rowOf(birth: bigint, event: Event, tapeAfter: number, place: number | null): unknown[] {
  const { parent, start, size, detail, process } = columnsOf(event);
  const { seq, time, run, kind } = event;
  const code = kinds[kind].code;
  const since = time - birth;
  if (since !== BigInt.asIntN(64, since))
    throw new MalformedError(`event ${seq} is at no time that there is`);
  return [seq, since, run, code, tapeAfter, place, parent, start, size, detail, process];
}
