import { MalformedError } from "../format/bytes.ts";
import { systemClock } from "../file/clock.ts";
import type { Draft, Event, RunNumber } from "../format/event.ts";
import { openRedoLogFile } from "../beside/beside.ts";
import { LogReader } from "./guest-log.ts";
import type { GuestSituation } from "./guest-recorder.ts";
import { withDatabase } from "../format/handle.ts";
import { type Durability, type Journal, JournalError } from "../format/journal.ts";
import { defaultBuffering } from "../file/buffering.ts";
import { patience } from "../writer/lock.ts";
import { type OnDisk, openOnDisk } from "../writer/on-disk.ts";
import { openReading } from "../file/reading.ts";
import { segmentBytes } from "../tape/segment.ts";
import { translate, translating } from "../format/storage-error.ts";

/** The guest's process left something in the log that no honest one leaves, or that may not follow. */
export class BreachError extends Error {
  override readonly name = "BreachError";
}

export interface KeeperOptions {
  readonly durability: Durability;
  /** Of one record in the log: more is refused before memory is taken for it. */
  readonly mostRecordBytes: number;
  /**
   * Called with each event that the guest's process recorded, before it is taken: throws where it may not follow. That
   * it is the next one, of the run that is open, at the end of the tape, and at a time that may be, was seen to before.
   */
  readonly admit: (event: Event) => void;
  /**
   * Called now and then while much is taken at once, which may be for minutes where each event costs much to judge:
   * throws BreachError to take no more.
   */
  readonly breathe?: () => void;
}

/**
 * A journal that is kept for a guest in another process. What that process appends to the log is taken from there,
 * event by event, when it may follow, and committed; the run's beginning and end are the keeper's own. One that finds a
 * breach takes nothing more from the log.
 */
export interface Keeper {
  /** For reading; what was taken and is not committed is not in it. */
  readonly journal: Journal;
  /** Opens the log for the guest's process, to add to its end; whoever asks closes it. */
  openLog(): number;
  /** Records a fact of the keeper's own, and commits it. Throws JournalError. */
  record(draft: Draft): Event;
  /** How the journal stands for the guest's process, in the run that was begun. Begins the log. Throws JournalError. */
  situation(run: RunNumber): GuestSituation;
  /**
   * Takes what is in the log, and commits where enough has come together. Gives whether anything is taken that is not
   * committed. Throws BreachError; a commit that fails is tried again later.
   */
  take(): boolean;
  /** Takes and commits all that is in the log. Gives the length of the tape. Throws BreachError, JournalError. */
  commit(): number;
  /** The same, and returns when it is on disk. */
  sync(): number;
  /** The same as commit, and begins the log again. */
  renew(): { readonly tag: Uint8Array; readonly tapeLength: number };
  /** Bytes start..end of the tape. Throws JournalError where it does not reach so far. */
  readTape(start: number, end: number): Buffer;
  /** Lets go of the journal. Throws JournalError where not all that was taken could be written. */
  close(): void;
}

/** Opens a journal as its one writer, and makes it where there is none. Throws JournalError. */
export function openKeeper(file: string, options: KeeperOptions): Keeper {
  const now = systemClock();
  // What the guest's process acknowledges is in its log, however it is committed.
  const durability = options.durability === "batch" ? "process" : options.durability;
  const buffering = {
    ...defaultBuffering,
    // What time it is here, not when the events happened, says when to commit.
    batchNanoseconds: longest,
    // The guest's process keeps what may be read again.
    cacheBytes: 2 * segmentBytes,
  };
  const disk = openOnDisk(file, { durability, now, buffering }, patience);
  try {
    return translating("open", file, () => keeperOf(file, disk, now, options));
  } catch (error) {
    disk.release();
    throw error;
  }
}

function keeperOf(file: string, disk: OnDisk, now: () => bigint, options: KeeperOptions): Keeper {
  const { db, id, groupCommit, logPath } = disk;
  const log = new LogReader(logPath, id, options.mostRecordBytes);
  let openRun: RunNumber | undefined;
  let lastTime = 0n;
  let failure: unknown;
  let isBreached = false;
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

  function admit(event: Event): void {
    if (event.run !== openRun) throw new BreachError(`an event of run ${event.run}`);
    const latest = now() + clockSlack;
    if (event.time < lastTime || event.time > (latest > lastTime ? latest : lastTime + clockSlack))
      throw new BreachError("an event at a time that is not now");
    options.admit(event);
    lastTime = event.time;
  }

  function takeRecords(): void {
    for (let breathedAt = performance.now(); ;) {
      if (performance.now() - breathedAt > breathMilliseconds) {
        options.breathe?.();
        breathedAt = performance.now();
      }
      // Nothing that was taken is in the way of a commit, and nothing more is taken where one fails.
      if ((failure !== undefined || groupCommit.isFull()) && !attemptCommit()) return;
      const record = log.next();
      if (record === undefined) return;
      const { buffer, start, stop, payload } = record;
      if (groupCommit.takeOver(buffer, start, stop, payload, admit) !== "taken")
        throw new BreachError("an event that is not the next");
    }
  }

  /** Whether it could be done: a full disk or the like is tried again, and told to who asks. */
  function attemptCommit(): boolean {
    try {
      groupCommit.commit();
      failure = undefined;
      return true;
    } catch (error) {
      const translated = translate("write", file, error);
      if (!(translated instanceof JournalError)) throw translated;
      failure = translated;
      return false;
    }
  }

  function takeAll(): void {
    if (isBreached) return;
    try {
      takeRecords();
    } catch (error) {
      if (!(error instanceof MalformedError) && !(error instanceof BreachError)) throw error;
      isBreached = true;
      throw new BreachError(error.message, { cause: error });
    }
  }

  function commit(): number {
    takeAll();
    if (!attemptCommit()) throw failure;
    return groupCommit.tapeLength();
  }

  return {
    journal,
    openLog: () => translating("open", file, () => openRedoLogFile(logPath, "append")),
    record(draft) {
      return translating("write", file, () => {
        const event = groupCommit.append(draft, undefined);
        groupCommit.commit();
        lastTime = event.time;
        if (event.kind === "run-start") openRun = event.run;
        if (event.kind === "run-end") openRun = undefined;
        return event;
      });
    },
    situation(run) {
      return translating("write", file, () => ({
        situation: groupCommit.situation(),
        run,
        tapeLength: groupCommit.tapeLength(),
        tag: log.begin(groupCommit.lastCommit()),
      }));
    },
    take() {
      takeAll();
      return groupCommit.pending.events.length > 0;
    },
    commit,
    sync() {
      const length = commit();
      translating("sync", file, () => groupCommit.sync());
      return length;
    },
    renew() {
      // Where it cannot all be committed the log stays as it is: it holds what was acknowledged.
      const tapeLength = commit();
      return translating("write", file, () => ({
        tag: log.begin(groupCommit.lastCommit()),
        tapeLength,
      }));
    },
    readTape(start, end) {
      return translating("read", file, () => {
        // Who asks is not trusted, and must not be given what memory held before.
        if (start < 0 || end > groupCommit.tapeLength())
          throw new MalformedError(`the tape ends before byte ${end}`);
        const bytes = Buffer.alloc(end - start);
        groupCommit.readTape(start, end, bytes, 0);
        return bytes;
      });
    },
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
    const what = `What was recorded from event ${first} on is kept beside it, and taken over when it is opened again.`;
    return new JournalError(code, `${message} ${what}`, {
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
  }
}

const longest = 1n << 62n;
/** How long events are taken without a look at what else there is to do. */
const breathMilliseconds = 50;
/** Nanoseconds: how far the clocks of two processes of one machine may be apart, and one may be put back. */
const clockSlack = 1_000_000_000n;
