import { hash } from "node:crypto";
import type Database from "better-sqlite3";
import { ByteWriter } from "./bytes.ts";
import { commitHash } from "./chain.ts";
import { encodeEvent } from "./codec.ts";
import { checkDraft } from "./draft.ts";
import type { Draft, Event, RunNumber, Seq, TapePosition } from "./event.ts";
import { openEventRows } from "./event-rows.ts";
import type { Durability } from "./journal.ts";
import type { Limits } from "./limits.ts";
import type { Pending } from "./reading.ts";
import { openStored } from "./stored.ts";
import { type Base, recordHeaderBytes, type Tail, type TailRecord } from "./tail.ts";
import { openTape } from "./tape.ts";
import { openTapeEnd } from "./tape-end.ts";

/** Takes facts one by one, and commits them in batches. What cannot be taken leaves everything as it was. */
export interface Intake {
  /** The last commit. */
  base(): Base & { readonly seq: Seq };
  /** What was taken since. */
  readonly pending: Pending;
  append(draft: Draft, payload: Uint8Array | undefined): Event;
  /** Takes the event of a tail, if it is the next; "known" when it has it already, "stray" when it does not follow. */
  takeOver(record: TailRecord): "taken" | "known" | "stray";
  commit(): void;
  sync(): void;
  /** From now on each event is first handed to this tail. Runs that are still open are left as they are. */
  begin(tail: Tail | undefined): void;
  readTape(start: number, end: number, target: Uint8Array, at: number): void;
}

export interface IntakeOptions {
  readonly durability: Durability;
  readonly now: () => bigint;
  readonly limits: Limits;
}

export function openIntake(
  db: Database.Database,
  { durability, now, limits }: IntakeOptions,
): Intake {
  const stored = openStored(db);
  const rows = openEventRows(db);
  const insertChain = db.prepare<[number, Buffer]>("INSERT INTO chain VALUES (?, ?)");
  // An update that changes nothing writes nothing, and then nothing is synced either.
  const touch = db.transaction(() =>
    db.exec("INSERT INTO meta VALUES ('sync', ''); DELETE FROM meta WHERE key = 'sync'"),
  );
  const syncCommits = (level: "FULL" | "NORMAL") => db.pragma(`synchronous = ${level}`);

  let base = stored.digest();
  const tape = openTape(db, limits.cacheBytes);
  const end = openTapeEnd(db, tape, stored.tapeLength(base.seq));
  const events: Event[] = [];
  const tapeLengths: number[] = [];
  let chain = commitHash(base.digest);
  let payloadBytes = 0;
  let record = new ByteWriter();
  let tail: Tail | undefined;
  let lastTime = base.seq === 0 ? 0n : stored.time(base.seq);
  let lastRun = stored.controls().findLast((event) => event.kind === "run-start")?.run ?? noRun;
  let openRun = noRun;
  /** The run that a killed writer left open: it can be ended, and nothing else added to it. */
  let leftOpen = noRun;
  let isSynced = false;
  if (durability === "power") syncCommits("FULL");

  const insertPending = db.transaction((digest: Buffer) => {
    events.forEach((event, index) => rows.insert(event, tapeLengths[index] ?? 0));
    end.write();
    insertChain.run(head(), digest);
  });

  function head(): Seq {
    return (base.seq + events.length) as Seq;
  }

  function append(draft: Draft, payload: Uint8Array | undefined): Event {
    checkDraft(draft, payload, { seq: head(), openRun: runFor(draft) });
    const clock = now();
    const time = clock > lastTime ? clock : lastTime;
    // Before the event is taken, not after: when the commit fails it is this event that is refused, and no other.
    if (isDue(time)) commit();
    const stamp = { seq: (head() + 1) as Seq, time, run: runOf(draft) };
    const position = end.length();
    const event: Event =
      draft.kind === "write"
        ? { ...draft, tape: position as TapePosition, ...stamp }
        : { ...draft, ...stamp };
    const tapeAfter = position + (payload?.length ?? 0);
    if (record.buffer.length > roomyBytes) record = new ByteWriter();
    record.at = recordHeaderBytes;
    encodeEvent(
      record,
      event,
      tapeAfter,
      payload === undefined ? undefined : hash("sha256", payload, "buffer"),
    );
    tail?.append(record, payload);
    keep(event, tapeAfter, record.buffer.subarray(recordHeaderBytes, record.at), payload);
    return event;
  }

  function isDue(time: bigint): boolean {
    const oldest = events[0];
    return (
      events.length >= limits.batchEvents ||
      payloadBytes >= limits.batchBytes ||
      (oldest !== undefined && time - oldest.time >= limits.batchNanoseconds)
    );
  }

  function runOf(draft: Draft): RunNumber {
    if (draft.kind === "mark") return noRun;
    return draft.kind === "run-start" ? ((lastRun + 1) as RunNumber) : runFor(draft);
  }

  function runFor(draft: Draft): RunNumber {
    return draft.kind === "run-end" && openRun === noRun ? leftOpen : openRun;
  }

  // Nothing here may fail: the event is in the hands of the operating system already.
  function keep(
    event: Event,
    tapeAfter: number,
    canonical: Uint8Array,
    payload: Uint8Array | undefined,
  ): void {
    chain.update(canonical);
    if (payload !== undefined) {
      end.append(payload);
      payloadBytes += payload.length;
    }
    events.push(event);
    tapeLengths.push(tapeAfter);
    lastTime = event.time;
    if (event.kind === "run-start" || event.kind === "run-end") leftOpen = noRun;
    if (event.kind === "run-start") {
      lastRun = event.run;
      openRun = event.run;
    } else if (event.kind === "run-end") openRun = noRun;
  }

  function commit(): void {
    if (events.length === 0) return;
    const digest = chain.copy().digest();
    try {
      insertPending.immediate(digest);
    } catch (error) {
      rows.forget();
      throw error;
    }
    base = { seq: head(), digest };
    end.settle();
    events.length = 0;
    tapeLengths.length = 0;
    payloadBytes = 0;
    chain = commitHash(digest);
    isSynced = durability === "power";
    tail?.restart(base);
  }

  function sync(): void {
    // With "power" each append was on disk before it returned.
    if (durability === "power" && tail !== undefined) return;
    if (events.length === 0 && isSynced) return;
    syncCommits("FULL");
    try {
      // A synced commit takes along all commits before it; where there is nothing to commit, any write will do.
      if (events.length > 0) commit();
      else touch.immediate();
      isSynced = true;
    } finally {
      if (durability !== "power") syncCommits("NORMAL");
    }
  }

  return {
    base: () => base,
    pending: { events, tapeLengths },
    append,
    takeOver({ event, tapeAfter, canonical, payload }) {
      if (event.seq <= head()) return "known";
      if (event.seq !== head() + 1 || tapeAfter !== end.length() + payload.length) return "stray";
      if (isDue(event.time)) commit();
      keep(event, tapeAfter, canonical, event.kind === "write" ? payload : undefined);
      return "taken";
    },
    commit,
    sync,
    begin(first) {
      tail = first;
      tail?.restart(base);
      leftOpen = openRun === noRun ? unended(stored.controls()) : openRun;
      openRun = noRun;
    },
    readTape: (start, stop, target, at) => end.read(start, stop, target, at),
  };
}

/** The last run, where nothing has ended it. */
function unended(controls: readonly Event[]): RunNumber {
  const last = controls.findLast(({ kind }) => kind === "run-start" || kind === "run-end");
  return last?.kind === "run-start" ? last.run : noRun;
}

const noRun = 0 as RunNumber;
/** An event larger than this does not keep its memory. */
const roomyBytes = 1024 * 1024;
