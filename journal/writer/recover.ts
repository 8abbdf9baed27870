import { closeSync, existsSync, fstatSync, renameSync } from "node:fs";
import type Database from "better-sqlite3";
import { openRedoLogFile } from "../beside/beside.ts";
import { wallClock } from "../file/clock.ts";
import { MalformedError } from "../format/bytes.ts";
import { faultOfGuest } from "../format/guest-events.ts";
import type { Event, RunNumber } from "../format/event.ts";
import type { GroupCommit } from "./group-commit.ts";
import { readRedoLog, type RedoLogArea } from "./redo-log.ts";

/**
 * Takes over and commits the events of the redo log at `path` that are not in the journal; returns their number.
 * Renames a redo log that belongs to another journal, or to another state of this one, to `PATH-stray`. The copy of a
 * guest's log's end, `PATH-sync`, tells what a loss of power took from the log.
 */
export function recover(
  db: Database.Database,
  groupCommit: GroupCommit,
  path: string,
  id: string,
): number {
  if (!existsSync(path)) return 0;
  const fd = openRedoLogFile(path, "read");
  let copy: number | undefined;
  const openCopy = (): number | undefined => {
    if (existsSync(`${path}-sync`)) copy = openRedoLogFile(`${path}-sync`, "read");
    return copy;
  };
  let taken = 0;
  let isStray = false;
  try {
    const areas = readRedoLog(fd, id, openCopy);
    if (areas === "foreign") isStray = true;
    else {
      for (const area of areas) {
        if (isOurs(db, area))
          taken += takeOver(groupCommit, area, latestIn(fd, area === areas[0] ? 0n : anHour));
        else isStray = true;
        // The records of the next area are held to what is committed.
        groupCommit.commit();
      }
    }
  } finally {
    closeSync(fd);
    if (copy !== undefined) closeSync(copy);
  }
  if (isStray) renameSync(path, `${path}-stray`);
  return taken;
}

/** Counts the events of the redo log at `path` behind event `head` of the journal; undefined if it cannot be read. */
export function eventsLeft(path: string, id: string, head: number): number | undefined {
  const fd = openRedoLogFile(path, "read");
  try {
    const areas = readRedoLog(fd, id);
    if (areas === "foreign") return undefined;
    let last = head;
    for (const { records } of areas)
      for (const { event } of records) last = Math.max(last, event.seq);
    return last - head;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  } finally {
    closeSync(fd);
  }
}

// If the journal was replaced by a backup, it is in an older or another state than the redo log.
function isOurs(db: Database.Database, { commit }: RedoLogArea): boolean {
  const digest = db
    .prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?")
    .pluck()
    .get(commit.seq);
  return digest?.equals(commit.digest) === true;
}

function takeOver(
  groupCommit: GroupCommit,
  { records, end }: RedoLogArea,
  written: bigint,
): number {
  let taken = 0;
  const { seq, leftOpen, time } = groupCommit.situation();
  // Times went on from the last event if the clock was set back.
  const latest = time > written ? time + anHour : written;
  let lastTime = time;
  for (const { event, bytes, payload } of records) {
    if (end === "grows" && event.seq > seq) {
      if (!isOfGuest(event, leftOpen) || event.time < lastTime || event.time > latest) break;
      lastTime = event.time;
    }
    const outcome = groupCommit.takeOver(bytes, 0, bytes.length, payload);
    if (outcome === "stray") break;
    if (outcome === "taken") taken++;
  }
  return taken;
}

/**
 * Nanoseconds by which the copy may be later than a log that was not synced since, and an event than the last commit. The
 * clock may stand earlier than both after a loss of power, where nothing keeps it.
 */
const anHour = 3_600_000_000_000n;

/** Returns when the file was last written, or now: the later of them, and so much and a second more. */
function latestIn(fd: number, more: bigint): bigint {
  const written = fstatSync(fd, { bigint: true }).mtimeNs;
  const now = wallClock();
  return (written > now ? written : now) + more + 1_000_000_000n;
}

/** A guest's process wrote a log that grows; it may record events of its own run only. */
function isOfGuest(event: Event, openRun: RunNumber): boolean {
  return event.run === openRun && faultOfGuest(event) === undefined;
}
