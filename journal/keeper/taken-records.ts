import { MalformedError } from "../format/bytes.ts";
import type { Event, RunNumber } from "../format/event.ts";
import { JournalError } from "../interface/journal.ts";
import { translate } from "../interface/storage-error.ts";
import type { GroupCommit } from "../writer/group-commit.ts";
import type { LogReader } from "./guest-log.ts";
import { LatestTime } from "./latest-time.ts";

/** Reports a record in the log that no honest guest's process leaves, or an event that may not follow. */
export class BreachError extends Error {
  override readonly name = "BreachError";
}

export interface TakingOptions {
  /** The journal's name, for messages. */
  readonly file: string;
  readonly log: LogReader;
  readonly groupCommit: GroupCommit;
  readonly admit: (event: Event, payload: Buffer) => void;
  readonly breathe?: (() => void) | undefined;
}

/** Takes the events of a guest's process out of its log, if they may follow, and commits them. After a breach it takes nothing more. */
export class TakenRecords {
  readonly #file: string;
  readonly #log: LogReader;
  readonly #groupCommit: GroupCommit;
  readonly #admitted: TakingOptions["admit"];
  readonly #breathe: TakingOptions["breathe"];
  #openRun: RunNumber | undefined;
  #lastTime = 0n;
  readonly #latest = new LatestTime();
  /** Why the last commit failed. */
  #failure: unknown;
  #isBreached = false;
  #breathedAt = performance.now();

  constructor({ file, log, groupCommit, admit, breathe }: TakingOptions) {
    this.#file = file;
    this.#log = log;
    this.#groupCommit = groupCommit;
    this.#admitted = admit;
    this.#breathe = breathe;
  }

  /** Must be called with each event that the keeper records itself. */
  goOn(event: Event): void {
    this.#lastTime = event.time;
    this.#latest.goOn(event.time);
    if (event.kind === "run-start") this.#openRun = event.run;
    if (event.kind === "run-end") this.#openRun = undefined;
  }

  /** Takes all that is in the log, and commits what is due; a commit that fails is tried again later. Throws BreachError. */
  take(): void {
    if (this.#isBreached) {
      if (this.#failure !== undefined) this.#attemptCommit();
      return;
    }
    try {
      this.#takeAll();
    } catch (error) {
      if (!(error instanceof MalformedError) && !(error instanceof BreachError)) throw error;
      this.#isBreached = true;
      throw new BreachError(error.message, { cause: error });
    }
  }

  /** Throws why the last commit failed, if it did: something may be left in the log then. */
  requireCommitted(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Takes and commits all that is in the log. Returns the length of the tape. Throws BreachError, JournalError. */
  commit(): number {
    this.take();
    this.requireCommitted();
    if (!this.#attemptCommit()) throw this.#failure;
    return this.#groupCommit.tapeLength();
  }

  #takeAll(): void {
    for (;;) {
      if (performance.now() - this.#breathedAt > breathMilliseconds) {
        this.#breathe?.();
        this.#breathedAt = performance.now();
      }
      // Commits what is due before it takes more, and takes nothing more while a commit fails.
      if ((this.#failure !== undefined || this.#groupCommit.isFull()) && !this.#attemptCommit())
        return;
      const record = this.#log.next();
      if (record === undefined) return;
      const { buffer, start, stop, payload } = record;
      if (this.#groupCommit.takeOver(buffer, start, stop, payload, this.#admit) !== "taken")
        throw new BreachError("an event that is not the next");
    }
  }

  readonly #admit = (event: Event, payload: Buffer): void => {
    if (event.run !== this.#openRun) throw new BreachError(`an event of run ${event.run}`);
    if (event.time < this.#lastTime || !this.#latest.allows(event.time))
      throw new BreachError("an event with an impossible time");
    this.#admitted(event, payload);
    this.#lastTime = event.time;
  };

  /** Returns false if it fails, as on a full disk. */
  #attemptCommit(): boolean {
    try {
      this.#groupCommit.commit();
      this.#failure = undefined;
      return true;
    } catch (error) {
      const translated = translate("write", this.#file, error);
      if (!(translated instanceof JournalError)) throw translated;
      this.#failure = translated;
      return false;
    }
  }
}

/** The longest time for taking events before other work gets a turn. */
const breathMilliseconds = 50;
