import type Database from "better-sqlite3";
import { hash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { ByteWriter } from "./bytes.ts";
import { commitHash } from "./chain.ts";
import { connectWriter, journalId } from "./connection.ts";
import { type Decoded, encodeEvent } from "./codec.ts";
import { checkDraft } from "./draft.ts";
import type { Draft, Event, RunNumber, Seq, TapePosition } from "./event.ts";
import { openEventRows } from "./event-rows.ts";
import { withDatabase } from "./handle.ts";
import type { Durability, JournalWriter } from "./journal.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { type Lock, type LockOptions, takeLock } from "./lock.ts";
import { openReading } from "./reading.ts";
import { recognise, resolvePath } from "./recognise.ts";
import { failure, translating } from "./storage-error.ts";
import { openStored } from "./stored.ts";
import { openTail, readTail, recordHeaderBytes, type Tail, type TailContent } from "./tail.ts";
import { openTape } from "./tape.ts";
import { openTapeEnd } from "./tape-end.ts";

/** How a journal is opened for writing. */
export interface WriterOptions {
  /** "process" unless told otherwise; means nothing for a journal in memory. */
  readonly durability?: Durability;
  /** Nanoseconds since the epoch. */
  readonly now?: () => bigint;
  readonly limits?: Partial<Limits>;
}

/**
 * Opens a journal as its one writer, and makes it where there is none; ":memory:" makes one that lives in memory.
 * Takes over what a writer that was killed had acknowledged. Throws JournalError.
 */
export function openWriter(file: string, options: WriterOptions = {}): JournalWriter {
  // A holder that is just finishing, or a reader that takes over a tail, is waited for.
  return openAsWriter(file, options, { patienceMilliseconds: 250 });
}

/** As openWriter, with the time to wait for one that holds the lock. */
export function openAsWriter(
  file: string,
  options: WriterOptions,
  lockOptions: LockOptions,
): JournalWriter {
  const now = options.now ?? systemClock();
  if (file === ":memory:") return write(file, undefined, connectWriter(file, now()), now, options);
  const path = resolvePath(file);
  if (!existsSync(dirname(path)))
    throw failure("missing", "open", file, "its directory does not exist");
  recognise(file, path);
  const lock = takeLock(file, path, lockOptions);
  let db: Database.Database | undefined;
  try {
    // Who held the lock before may have made or replaced the file.
    recognise(file, path);
    db = translating("open", file, () => connectWriter(path, now()));
    const opened = db;
    return translating("open", file, () => write(file, { path, lock }, opened, now, options));
  } catch (error) {
    db?.close();
    lock.release();
    throw error;
  }
}

interface OnDisk {
  readonly path: string;
  readonly lock: Lock;
}

function write(
  file: string,
  onDisk: OnDisk | undefined,
  db: Database.Database,
  now: () => bigint,
  options: WriterOptions,
): JournalWriter {
  const durability = options.durability ?? "process";
  const limits = { ...defaultLimits, ...options.limits };
  const id = journalId(db);
  const stored = openStored(db);
  const rows = openEventRows(db);
  const insertChain = db.prepare<[number, Buffer]>("INSERT INTO chain VALUES (?, ?)");
  const touch = db.prepare("UPDATE meta SET value = value WHERE key = 'id'");

  let base: { readonly seq: Seq; readonly digest: Buffer } = stored.digest();
  const committedTape = stored.tapeLength(base.seq);
  const tape = openTape(db, limits.cacheBytes);
  const end = openTapeEnd(db, tape, committedTape);
  const pending = { events: [] as Event[], tapeLengths: [] as number[] };
  const record = new ByteWriter();
  let chain = commitHash(base.digest);
  let lastTime = base.seq === 0 ? 0n : stored.time(base.seq);
  let lastRun =
    stored.controls().findLast((event) => event.kind === "run-start")?.run ?? (0 as RunNumber);
  let openRun = 0 as RunNumber;
  let since = 0n;
  let payloadBytes = 0;
  let synced = false;
  let tail: Tail | undefined;

  const insertPending = db.transaction((digest: Buffer) => {
    pending.events.forEach((event, index) => rows.insert(event, pending.tapeLengths[index] ?? 0));
    end.write();
    insertChain.run(base.seq + pending.events.length, digest);
  });

  const source = {
    file,
    id,
    db,
    pending,
    committed: () => base.seq,
    readTape: (start: number, stop: number, target: Uint8Array, at: number) =>
      end.read(start, stop, target, at),
  };
  const reading = openReading(source);

  function commit(): void {
    if (pending.events.length === 0) return;
    const digest = chain.copy().digest();
    try {
      insertPending.immediate(digest);
    } catch (error) {
      rows.forget();
      throw error;
    }
    base = { seq: (base.seq + pending.events.length) as Seq, digest };
    end.settle();
    pending.events.length = 0;
    pending.tapeLengths.length = 0;
    payloadBytes = 0;
    chain = commitHash(digest);
    synced = durability === "power";
    tail?.restart(base);
  }

  function isDue(time: bigint): boolean {
    return (
      pending.events.length >= limits.batchEvents ||
      payloadBytes >= limits.batchBytes ||
      (pending.events.length > 0 && time - since >= limits.batchNanoseconds)
    );
  }

  /** Keeps an event whose canonical bytes stand in `canonical`. Nothing here may fail. */
  function keep(
    event: Event,
    tapeLength: number,
    canonical: Uint8Array,
    payload: Uint8Array | undefined,
  ): void {
    chain.update(canonical);
    if (payload !== undefined) {
      end.append(payload);
      payloadBytes += payload.length;
    }
    if (pending.events.length === 0) since = event.time;
    pending.events.push(event);
    pending.tapeLengths.push(tapeLength);
    lastTime = event.time;
    if (event.kind === "run-start") lastRun = event.run;
    if (event.kind === "run-start") openRun = event.run;
    if (event.kind === "run-end") openRun = 0 as RunNumber;
  }

  function append(draft: Draft, payload?: Uint8Array): Event {
    checkDraft(draft, payload, { seq: head(), openRun });
    const clock = now();
    const time = clock > lastTime ? clock : lastTime;
    if (isDue(time)) commit();
    const position = end.length();
    const event = stamp(draft, { seq: (head() + 1) as Seq, time, run: runOf(draft) }, position);
    const tapeLength = position + (payload?.length ?? 0);
    record.at = recordHeaderBytes;
    encodeEvent(
      record,
      event,
      tapeLength,
      payload === undefined ? undefined : hash("sha256", payload, "buffer"),
    );
    tail?.append(record, payload);
    keep(event, tapeLength, record.buffer.subarray(recordHeaderBytes, record.at), payload);
    return event;
  }

  function head(): Seq {
    return (base.seq + pending.events.length) as Seq;
  }

  function runOf(draft: Draft): RunNumber {
    if (draft.kind === "mark") return 0 as RunNumber;
    return draft.kind === "run-start" ? ((lastRun + 1) as RunNumber) : openRun;
  }

  function sync(): void {
    if (onDisk === undefined) return commit();
    // In this mode each append was on disk before it returned.
    if (durability === "power") return;
    if (pending.events.length === 0 && synced) return;
    db.pragma("synchronous = FULL");
    try {
      if (pending.events.length > 0) commit();
      else touch.run();
      synced = true;
    } finally {
      db.pragma("synchronous = NORMAL");
    }
  }

  function recover(path: string): number {
    let recovered = 0;
    const outcome = withTail(path, id, (content) => {
      const known = db
        .prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?")
        .pluck()
        .get(content.base.seq);
      if (known === undefined || !known.equals(content.base.digest)) return "stray";
      for (const one of content.records) {
        if (one.event.seq <= head()) continue;
        if (one.event.seq !== head() + 1 || one.tapeAfter !== end.length() + one.payload.length)
          break;
        keepRecovered(one);
        recovered++;
      }
      return "used";
    });
    commit();
    if (outcome === "stray") renameSync(path, `${path}-stray`);
    return recovered;
  }

  function keepRecovered(
    one: Decoded & { readonly payload: Buffer; readonly canonical: Buffer },
  ): void {
    if (isDue(one.event.time)) commit();
    keep(
      one.event,
      one.tapeAfter,
      one.canonical,
      one.event.kind === "write" ? one.payload : undefined,
    );
  }

  if (durability === "power") db.pragma("synchronous = FULL");
  let recovered = 0;
  if (onDisk !== undefined) {
    const tailPath = `${onDisk.path}-tail`;
    recovered = recover(tailPath);
    openRun = 0 as RunNumber;
    if (durability === "batch") {
      if (existsSync(tailPath)) sync();
      rmSync(tailPath, { force: true });
    } else {
      tail = openTail(tailPath, file, id, {
        everyRecord: durability === "power" ? "on disk" : "written",
      });
      tail.restart(base);
    }
    syncDirectory(onDisk.path);
  }

  let closed = false;
  const journal: JournalWriter = {
    ...reading,
    durability,
    recovered,
    append: (draft, payload) => translating("write", file, () => append(draft, payload)),
    commit: () => translating("write", file, commit),
    sync: () => translating("sync", file, sync),
    close() {
      if (closed) return;
      closed = true;
      translating("close", file, () => {
        try {
          commit();
          if (onDisk !== undefined) leaveWal(db);
          tail?.close();
        } finally {
          db.close();
          onDisk?.lock.release();
        }
      });
    },
  };
  return withDatabase(journal, db);
}

function stamp(
  draft: Draft,
  { seq, time, run }: { seq: Seq; time: bigint; run: RunNumber },
  position: number,
): Event {
  if (draft.kind === "write") return { ...draft, tape: position as TapePosition, seq, time, run };
  return { ...draft, seq, time, run };
}

function systemClock(): () => bigint {
  const offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  return () => process.hrtime.bigint() + offset;
}

// Without a WAL to come, a journal that nobody has open is one file, and can be read from a read-only directory.
function leaveWal(db: Database.Database): void {
  db.pragma("busy_timeout = 0");
  db.pragma("wal_checkpoint(TRUNCATE)");
  try {
    db.pragma("journal_mode = DELETE");
  } catch (error) {
    // A reader is there: it needs the WAL, and the last one to go removes it.
    if (!(error instanceof Error && "code" in error && error.code === "SQLITE_BUSY")) throw error;
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function withTail(
  path: string,
  id: string,
  use: (content: TailContent) => "used" | "stray",
): "used" | "stray" | "none" {
  if (!existsSync(path)) return "none";
  const fd = openSync(path, "r");
  try {
    const content = readTail(fd, id);
    if (content === "foreign") return "stray";
    return content === "none" ? "none" : use(content);
  } finally {
    closeSync(fd);
  }
}
