import type { OpenFileSystem } from "../index.ts";
import { openFileSystem } from "../index.ts";
import type { Answer } from "./answers/answer.ts";
import { PastThread } from "./asking-past.ts";
import { Turns } from "./turns.ts";

/** A journal that is kept open for writing, and lent to one call after another. */
export class Session implements Disposable {
  readonly file: string;
  readonly folder: string;
  readonly turns = new Turns();
  #files: OpenFileSystem | undefined;
  /** The end of the call before. */
  #before: Promise<unknown> = Promise.resolve();
  readonly #past: PastThread;

  /** `folder` is where programs of this machine find the filesystem, in the place of what is there. */
  constructor(file: string, folder: string) {
    this.file = file;
    this.folder = folder;
    this.#past = new PastThread(file);
  }

  /** The filesystem, live and past. Throws JournalError. */
  get files(): OpenFileSystem {
    this.#files ??= openFileSystem(this.file);
    return this.#files;
  }

  /** Makes a call when those before it have ended. */
  inTurn<T>(act: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#before.then(() => {
      // Its caller has left: the calls behind it need not wait for it.
      signal?.throwIfAborted();
      return act();
    });
    this.#before = turn.catch(() => {});
    return turn;
  }

  /** Has a tool of the past answer, on a thread of its own: other calls go on. It sees all that was recorded by now. */
  askPast(
    name: string,
    given: Readonly<Record<string, unknown>>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    // The borrower commits a journal that is lent; one that was never opened may not exist yet.
    if (this.#files === undefined && !this.#isLent) this.files.exists("/");
    this.#files?.writer.commit();
    return this.#past.ask(name, given, signal);
  }

  #isLent = false;

  /** Leaves the journal to somebody else, who may write it meanwhile. */
  async lend<T>(act: () => Promise<T>): Promise<T> {
    this.close();
    this.#isLent = true;
    try {
      return await act();
    } finally {
      this.#isLent = false;
    }
  }

  close(): void {
    this.#files?.close();
    this.#files = undefined;
  }

  [Symbol.dispose](): void {
    this.#past.stop();
    this.close();
  }
}
