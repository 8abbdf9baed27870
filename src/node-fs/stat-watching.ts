import { EventEmitter } from "node:events";
import type { BigIntStats, Stats } from "node:fs";
import { argumentError } from "./error.ts";
import { optionsOf, pathOf } from "./arguments.ts";
import { type BigStats, noBigStats, noStats } from "./statistics.ts";
import type { TreeCalls } from "./tree-calls.ts";
import type { Volume } from "./volume.ts";

interface WatchFileOptions {
  readonly bigint?: boolean;
  readonly persistent?: boolean;
}

type Facts = Stats | BigStats | BigIntStats;
type Listener = (now: Facts, before: Facts) => void;

/** `watchFile` and `unwatchFile` of one filesystem. Nothing is polled: the filesystem tells of its changes. */
export class StatWatchers {
  readonly #calls: TreeCalls;
  readonly #volume: Volume;
  readonly #byPath = new Map<string, StatWatcher>();

  constructor(calls: TreeCalls, volume: Volume) {
    this.#calls = calls;
    this.#volume = volume;
  }

  watch(path: unknown, ...rest: readonly unknown[]): StatWatcher {
    const text = pathOf(path);
    const listener = rest.at(-1);
    if (typeof listener !== "function")
      throw argumentError(
        "ERR_INVALID_ARG_TYPE",
        `The "listener" argument must be of type function. Received ${typeof listener}`,
      );
    const options = rest.length > 1 ? optionsOf<WatchFileOptions>(rest[0]) : {};
    const known = this.#byPath.get(text);
    const watcher = known ?? new StatWatcher(this.#volume, this.#look(text, options), options);
    if (known === undefined) {
      this.#byPath.set(text, watcher);
      watcher.once("stop", () => {
        if (this.#byPath.get(text) === watcher) this.#byPath.delete(text);
      });
    }
    watcher.on("change", listener as Listener);
    return watcher;
  }

  unwatch(path: unknown, listener?: unknown): void {
    const text = pathOf(path);
    const watcher = this.#byPath.get(text);
    if (watcher === undefined) return;
    if (typeof listener === "function") watcher.off("change", listener as Listener);
    else watcher.removeAllListeners("change");
    if (watcher.listenerCount("change") > 0) return;
    this.#byPath.delete(text);
    watcher.stop();
  }

  /** Looks at a path whenever it is asked to; a path where nothing is has facts that are all zero. */
  #look(path: string, { bigint }: WatchFileOptions): () => Facts {
    return () =>
      (this.#calls.stat(path, { bigint, throwIfNoEntry: false }) as Facts | undefined) ??
      (bigint === true ? noBigStats() : noStats());
  }
}

/** `fs.StatWatcher`: tells when the facts about a path are others than before. */
export class StatWatcher extends EventEmitter {
  readonly #look: () => Facts;
  readonly #end: () => void;
  /** Keeps the process alive, as Node.js' own does. */
  readonly #alive: NodeJS.Timeout;
  #before: Facts;
  #isAsked = false;
  #isStopped = false;

  constructor(volume: Volume, look: () => Facts, { persistent = true }: WatchFileOptions) {
    super();
    this.#look = look;
    this.#before = look();
    this.#alive = setInterval(() => {}, longestTimer);
    if (!persistent) this.#alive.unref();
    this.#end = volume.onEvent(() => this.#ask());
    // A path where nothing is told at once, once.
    if (Number(this.#before.ino) === 0)
      setImmediate(() => {
        if (!this.#isStopped) this.emit("change", this.#before, this.#before);
      });
  }

  ref(): this {
    this.#alive.ref();
    return this;
  }

  unref(): this {
    this.#alive.unref();
    return this;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#end();
    clearInterval(this.#alive);
    process.nextTick(() => this.emit("stop"));
  }

  /** Looks soon: changes that come together are told together. */
  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    setImmediate(() => {
      this.#isAsked = false;
      if (this.#isStopped) return;
      const [before, now] = [this.#before, this.#look()];
      if (watched.every((name) => before[name] === now[name])) return;
      this.#before = now;
      this.emit("change", now, before);
    });
  }
}

const watched = ["ino", "mode", "nlink", "size", "mtimeMs", "ctimeMs"] as const;
/** Milliseconds; the most that a timer takes. */
const longestTimer = 2 ** 31 - 1;
