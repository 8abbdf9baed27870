import type { OpenFileSystem } from "../index.ts";
import { openFileSystem } from "../index.ts";
import { type JournalFs, liveFs } from "../node-fs/index.ts";

/** A journal that a server keeps open for writing, and lends to one call after another. */
export class Session implements Disposable {
  readonly file: string;
  /** Labels of the runs that the present call makes. */
  labels: Readonly<Record<string, string>> = {};
  #files: OpenFileSystem | undefined;
  /** The end of the call before. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.file = file;
  }

  /** The filesystem, live and past. Throws JournalError. */
  get files(): OpenFileSystem {
    this.#files ??= openFileSystem(this.file);
    return this.#files;
  }

  /** `node:fs` of it. */
  get fs(): JournalFs {
    return liveFs(this.files);
  }

  /** Records the changes of a call as one run; where it makes none, there is none. */
  record(name: string, act: () => void): void {
    this.files.within(name, act, { labels: this.labels });
  }

  /** Makes a call when those before it have ended. */
  inTurn<T>(act: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#before.then(() => {
      // Nobody waits for it any more: what waits behind it need not, either.
      signal?.throwIfAborted();
      return act();
    });
    this.#before = turn.catch(() => {});
    return turn;
  }

  /** Leaves the journal to somebody else, who may write it meanwhile. */
  async lend<T>(act: () => Promise<T>): Promise<T> {
    this.close();
    return await act();
  }

  close(): void {
    this.#files?.close();
    this.#files = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
