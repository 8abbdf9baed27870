import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";

import {
  type Event,
  type Journal,
  JournalError,
  type JournalWriter,
  type Seq,
  openWriter,
} from "../../journal/index.ts";
import { HostError, noParent, targetError } from "./error.ts";

export interface ForkSummary {
  /** The new journal's id and chain value, which are its own. */
  readonly id: string;
  readonly digest: string;
  readonly events: number;
  readonly bytes: number;
}

/** Events that are read at a time. */
const pageEvents = 1_000;

/**
 * Makes a new journal that begins with the events 1 to `seq` of another, with their times, runs and bytes as they were,
 * and goes its own way from there. The file appears when it is complete. Throws HostError when there is something at
 * that path, and JournalError.
 */
export function fork(journal: Journal, seq: Seq, file: string): ForkSummary {
  if (existsSync(file)) {
    throw new HostError("exists", file, `cannot fork to ${file}: it exists`, {
      hint: "give a path that does not exist",
    });
  }
  if (!existsSync(dirname(resolve(file)))) {
    throw noParent("fork to", file);
  }
  const partial = `${file}.partial`;
  if (existsSync(partial)) clear(partial);
  try {
    const summary = copy(journal, seq, partial);
    renameSync(partial, file);
    // Its bytes are on disk, and its name is from now on.
    syncDirectory(dirname(resolve(file)));
    return summary;
  } catch (error) {
    throw targetError(error, "fork to", file);
  } finally {
    clear(partial);
  }
}

function copy(journal: Journal, seq: Seq, file: string): ForkSummary {
  const copier = new Copier(file);
  try {
    for (let first = 1; first <= seq; first += pageEvents) {
      const last = Math.min(seq, first + pageEvents - 1);
      for (const event of journal.events(first as Seq, last as Seq)) copier.take(journal, event);
    }
    return copier.finish(seq, journal.tapeLength(seq));
  } finally {
    copier.close();
  }
}

/** Writes events into a new journal on the clock of the old one. */
class Copier {
  readonly #file: string;
  #time = 0n;
  #writer: JournalWriter;
  #isRunOpen = false;

  constructor(file: string) {
    this.#file = file;
    this.#writer = this.#open();
  }

  take(journal: Journal, event: Event): void {
    this.#time = event.time;
    // The run before was cut off: the writer closes it when it is opened anew.
    if (event.kind === "run-start" && this.#isRunOpen) {
      this.#writer.close();
      this.#writer = this.#open();
    }
    if (event.kind === "run-start") this.#isRunOpen = true;
    if (event.kind === "run-end") this.#isRunOpen = false;
    const copied = this.#append(journal, event);
    const isSame =
      copied.seq === event.seq && copied.time === event.time && copied.run === event.run;
    const stands = copied.kind !== "write" || event.kind !== "write" || copied.tape === event.tape;
    if (!isSame || !stands)
      throw this.#damaged(`event ${event.seq} does not follow the one before`);
  }

  finish(seq: Seq, tapeLength: number): ForkSummary {
    this.#writer.sync();
    const events = this.#writer.head();
    const bytes = this.#writer.tapeLength(events);
    if (events !== seq || bytes !== tapeLength) throw this.#damaged("it lacks some of its events");
    return { id: this.#writer.id, digest: this.#writer.digest().digest, events, bytes };
  }

  close(): void {
    this.#writer.close();
  }

  #open(): JournalWriter {
    return openWriter(this.#file, { durability: "batch", now: () => this.#time });
  }

  #append(journal: Journal, event: Event): Event {
    const { seq: _seq, time: _time, run: _run, ...fact } = event;
    if (fact.kind !== "write") return this.#writer.append(fact);
    const { tape, ...draft } = fact;
    const payload = new Uint8Array(fact.length);
    journal.readTape(tape, fact.length, payload);
    return this.#writer.append(draft, payload);
  }

  #damaged(what: string): JournalError {
    return new JournalError("damaged", `the journal cannot be forked: ${what}`, {
      hint: "`rewindfs verify` names the first thing that is wrong",
    });
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Removes an unfinished journal with what stands beside it. */
function clear(file: string): void {
  for (const suffix of ["", "-wal", "-shm", "-tail", "-lock"]) {
    rmSync(`${file}${suffix}`, { force: true });
  }
}
