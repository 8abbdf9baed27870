import type { OpenFileSystem } from "../index.ts";
import { type JournalFs, liveFs } from "../node-fs/index.ts";
import type { Session } from "./session.ts";

/** Asks the person behind the client; undefined where the client cannot ask. */
export type Ask = (question: string) => Promise<boolean | undefined>;

/** The caller of a tool. */
export interface Caller {
  /** Labels of the runs that the call makes. */
  readonly labels: Readonly<Record<string, string>>;
  readonly ask: Ask;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal | undefined;
}

/** One call of a tool: the filesystem that it works on, and the runs that it makes. */
export class Call {
  readonly #session: Session;
  readonly labels: Caller["labels"];
  readonly ask: Ask;
  readonly signal: AbortSignal | undefined;

  constructor(session: Session, { labels, ask, signal }: Caller) {
    this.#session = session;
    this.labels = labels;
    this.ask = ask;
    this.signal = signal;
  }

  /** The journal's file. */
  get file(): string {
    return this.#session.file;
  }

  /** The folder of the machine in whose place a program finds the filesystem. */
  get folder(): string {
    return this.#session.folder;
  }

  /** The filesystem, live and past. Throws JournalError. */
  get files(): OpenFileSystem {
    return this.#session.files;
  }

  /** `node:fs` of it. */
  get fs(): JournalFs {
    return liveFs(this.files);
  }

  /** Records the changes of the call as one run; where it makes none, there is none. */
  record(name: string, act: () => void): void {
    this.files.within(name, act, { labels: this.labels });
  }

  /** Leaves the journal to a program, which writes it meanwhile. */
  lend<T>(act: () => Promise<T>): Promise<T> {
    return this.#session.lend(act);
  }

  /** Takes a turn, when the calls before it have ended. */
  inTurn<T>(act: () => T | Promise<T>): Promise<T> {
    return this.#session.inTurn(act, this.signal);
  }
}
