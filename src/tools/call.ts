import type { OpenFileSystem } from "../index.ts";
import { type JournalFs, liveFs } from "../node-fs/index.ts";
import type { Session } from "./session.ts";

/** Asks the person behind the client; undefined where the client cannot ask. */
export type Ask = (question: string) => Promise<boolean | undefined>;

/** The conversation of one client, whose calls are of the turn that it said began last. */
export interface Conversation {
  turn?: { readonly number: number; readonly prompt: string | undefined };
}

/** The caller of a tool. */
export interface Caller {
  /** Labels of the runs that the call makes. */
  readonly labels: Readonly<Record<string, string>>;
  /** The client's own name for the turn that the call is of. */
  readonly turnName?: string | undefined;
  readonly conversation?: Conversation;
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

  readonly #conversation: Conversation;

  constructor(session: Session, { labels, ask, signal, conversation = {} }: Caller) {
    this.#session = session;
    this.#conversation = conversation;
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

  /** Records the changes of the call as one run; a call that changes nothing makes no run. */
  record(name: string, act: () => void): void {
    this.files.within(name, act, { labels: this.labels });
  }

  /** Begins a turn of the client's conversation, and returns its number. */
  beginTurn(prompt: string | undefined): number {
    const number = this.#session.turns.begin(this.files);
    this.#conversation.turn = { number, prompt };
    return number;
  }

  /** Closes the journal while a program writes it, and opens it again afterwards. */
  lend<T>(act: () => Promise<T>): Promise<T> {
    return this.#session.lend(act);
  }

  /** Takes a turn, when the calls before it have ended. */
  inTurn<T>(act: () => T | Promise<T>): Promise<T> {
    return this.#session.inTurn(act, this.signal);
  }
}
