import { MalformedError } from "../format/bytes.ts";
import { systemClock } from "../file/clock.ts";
import { type Draft, type Event, promisedFrom, type RunNumber } from "../format/event.ts";
import { openRedoLogFile } from "../beside/beside.ts";
import { LogReader } from "./guest-log.ts";
import type { GuestSituation } from "./guest-recorder.ts";
import { TakenRecords } from "./taken-records.ts";
import { withDatabase } from "../interface/handle.ts";
import { type Durability, type Journal, JournalError } from "../interface/journal.ts";
import { defaultBuffering } from "../file/buffering.ts";
import { patience } from "../writer/lock.ts";
import { type OnDisk, openOnDisk } from "../writer/on-disk.ts";
import { openReading } from "../reading/reading.ts";
import { segmentBytes } from "../tape/segment.ts";
import { translating } from "../interface/storage-error.ts";

export interface KeeperOptions {
  readonly durability: Durability;
  /** A longer record in the log is refused before memory is taken for it. */
  readonly mostRecordBytes: number;
  /**
   * Called with each event of the guest's process before it is taken; throws if it may not follow. It has been checked
   * before that the event is the next one, of the open run, at the end of the tape, and at a plausible time.
   */
  readonly admit: (event: Event, payload: Buffer) => void;
  /**
   * Called now and then while many events are taken, which may last minutes if each is hard to judge; throws
   * BreachError to stop.
   */
  readonly breathe?: () => void;
}

/**
 * Keeps a journal for a guest in another process: takes each event that this process appends to the log, if it may
 * follow, and commits it. The keeper itself records the run's beginning and end. After a breach it takes nothing more.
 */
export interface Keeper {
  /** Reads the journal, without events that are not committed. */
  readonly journal: Journal;
  /**
   * Opens the log for the guest's process, to append to it or to read it, or the file for copies of its end; the caller
   * closes it.
   */
  openLog(use: "append" | "read" | "copy"): number;
  /** Records and commits an event of the keeper's own. Throws JournalError. */
  record(draft: Draft): Event;
  /**
   * Records events of the keeper's own, and commits them together: a crash leaves all or none of them. Throws
   * JournalError.
   */
  recordTogether<T>(act: (append: (draft: Draft) => Event) => T): T;
  /**
   * Begins the log, and returns the state of the journal for the guest's process in the given run. Throws JournalError.
   */
  situation(run: RunNumber): GuestSituation;
  /**
   * Takes the events in the log, and commits when enough are pending. Returns whether any are still pending. Throws
   * BreachError; tries a failed commit again later.
   */
  take(): boolean;
  /** Takes and commits all events in the log. Returns the length of the tape. Throws BreachError, JournalError. */
  commit(): number;
  /** Does the same, and returns when everything is on disk. */
  sync(): number;
  /** Does the same as commit, and begins the log again. */
  renew(): { readonly tag: Uint8Array; readonly tapeLength: number };
  /**
   * Returns bytes start..end of the tape, also of what is in the log, in `room` if given. Throws JournalError if it is
   * shorter, and as commit does.
   */
  readTape(start: number, end: number, room?: Buffer): Buffer;
  /** Returns the length of the tape as far as its events are taken. */
  tapeLength(): number;
  /** Closes the journal. Throws JournalError if some events could not be written. */
  close(): void;
}

/** Opens a journal as its one writer, and makes it if it does not exist. Throws JournalError. */
export function openKeeper(file: string, options: KeeperOptions): Keeper {
  const now = systemClock();
  // The guest's process acknowledges an event once it is in the log, in each durability.
  const durability = options.durability === "batch" ? "process" : options.durability;
  const buffering = {
    ...defaultBuffering,
    // The keeper's clock decides when to commit, not the events' times.
    batchNanoseconds: longest,
    // The guest's process has its own cache for reading.
    cacheBytes: 2 * segmentBytes,
    spoolBytes: 0,
  };
  const disk = openOnDisk(file, { durability, now, buffering, hasGuest: true }, patience);
  try {
    return translating("open", file, () => keeperOf(file, disk, options));
  } catch (error) {
    disk.release();
    throw error;
  }
}

function keeperOf(file: string, disk: OnDisk, options: KeeperOptions): Keeper {
  const { db, id, groupCommit, logPath, copyPath } = disk;
  const log = new LogReader(logPath, id, options.mostRecordBytes);
  const { admit, breathe } = options;
  const taken = new TakenRecords({ file, log, groupCommit, admit, breathe });
  groupCommit.begin(undefined);
  const reading = openReading({
    file,
    id,
    db,
    pending: groupCommit.pending,
    committed: () => groupCommit.lastCommit().seq,
    readTape: (start, end, target, at) => groupCommit.readTape(start, end, target, at),
    writing: () => db,
  });
  const journal = withDatabase({ ...reading, close: () => {} }, db);

  return {
    journal,
    openLog: (use) =>
      translating("open", file, () =>
        use === "copy" ? openRedoLogFile(copyPath, "overwrite") : openRedoLogFile(logPath, use),
      ),
    record(draft) {
      return translating("write", file, () => {
        const event = groupCommit.append(draft, undefined);
        groupCommit.commit();
        taken.goOn(event);
        return event;
      });
    },
    recordTogether(act) {
      return translating("write", file, () => {
        try {
          return act((draft) => {
            const event = groupCommit.append(draft, undefined);
            taken.goOn(event);
            return event;
          });
        } finally {
          groupCommit.commit();
        }
      });
    },
    situation(run) {
      return translating("write", file, () => ({
        situation: groupCommit.situation(),
        run,
        tapeLength: groupCommit.tapeLength(),
        tag: log.begin(groupCommit.lastCommit()),
        promises: (journal.promisedEnd?.() ?? 0) > promisedFrom,
      }));
    },
    take() {
      taken.take();
      return groupCommit.pending.events.length > 0;
    },
    commit: () => taken.commit(),
    sync() {
      taken.take();
      taken.requireCommitted();
      // Commits what is pending, and waits for the disk once.
      translating("sync", file, () => groupCommit.sync());
      return groupCommit.tapeLength();
    },
    renew() {
      // If not everything can be committed the log stays as it is, because it holds acknowledged events.
      const tapeLength = taken.commit();
      return translating("write", file, () => ({
        tag: log.begin(groupCommit.lastCommit()),
        tapeLength,
      }));
    },
    readTape(start, end, room) {
      // The guest's process asks for what it has appended, too.
      if (end > groupCommit.tapeLength()) taken.commit();
      return translating("read", file, () => {
        // The caller is not trusted, and must not get the earlier content of memory.
        if (start < 0 || end > groupCommit.tapeLength())
          throw new MalformedError(`the tape ends before byte ${end}`);
        const bytes = room ?? Buffer.alloc(end - start);
        groupCommit.readTape(start, end, bytes, 0);
        return bytes;
      });
    },
    tapeLength: () => groupCommit.tapeLength(),
    close() {
      try {
        translating("close", file, () => {
          log.close();
          groupCommit.commit();
          disk.leave();
        });
      } catch (error) {
        throw error instanceof JournalError ? telling(error) : error;
      } finally {
        disk.release();
      }
    },
  };

  function telling({ code, message, hint, cause }: JournalError): JournalError {
    const first = groupCommit.lastCommit().seq + 1;
    const what = `The events from ${first} on are in the redo log beside it, and are taken over when it is opened again.`;
    return new JournalError(code, `${message} ${what}`, {
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
  }
}

const longest = 1n << 62n;
