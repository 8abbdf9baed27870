import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

import type { HostDirectory } from "../disk/directory.ts";
import type { HostStat } from "../disk/host-stat.ts";
import { PackedStat, pack, recordBytes } from "./packed-stats.ts";
import {
  type Batch,
  type Slice,
  lookAt,
  namesIn,
  recordsOf,
  roomFor,
  stages,
  stagesOf,
  textOf,
} from "./slice.ts";

/** Stands for a look at all names of a directory. */
export interface Look {
  readonly count: number;
}

/** The names that one slice has at most, so that threads can share a large directory. */
const mostInSlice = 256;
/** The names in a batch, which goes to a thread as one message. */
const wantedInBatch = 1024;
/** A thread takes as long to start as looks at some thousand names. */
const namesPerThread = 4096;
const mostThreads = 3;
/** Milliseconds until a slice that another thread has taken is looked at again. */
const patience = 2_000;

interface Part {
  readonly batch: Batch;
  readonly index: number;
  readonly slice: Slice;
}

/**
 * Looks at the names of many directories, in the order in which they were asked for. In a large folder other threads
 * look ahead; nothing depends on them: what they have not begun is done here, too.
 */
export class Looks {
  readonly #threads: Worker[] = [];
  #mostThreads = Math.min(mostThreads, availableParallelism() - 1);
  readonly #parts = new Map<Look, readonly Part[]>();
  /** Looks that were asked for and are in no batch. */
  #gathered: { readonly look: Look; readonly slices: readonly Slice[] }[] = [];
  #gatheredNames = 0;
  /** The batches that are not done, and of each how many slices may still be waiting, counted from its front. */
  readonly #batches: { readonly batch: Batch; waiting: number }[] = [];
  #names = 0;
  #dealt = 0;

  /** Asks for looks at names of a directory, which `path` leads to. */
  ask(path: string, self: Pick<HostStat, "dev" | "ino">, names: readonly string[]): Look {
    const look = { count: names.length };
    const slices = slicesOf(path, self, names, this.#gatheredNames);
    this.#gatheredNames += names.length;
    this.#gathered.push({ look, slices });
    this.#names += names.length;
    if (this.#gatheredNames >= wantedInBatch) this.#deal();
    return look;
  }

  /** Waits for a look. It is given once. */
  take(look: Look, host: HostDirectory): Seen {
    if (!this.#parts.has(look)) this.#deal();
    const parts = this.#parts.get(look) ?? [];
    this.#parts.delete(look);
    return new Seen(
      parts.map((part) => ({ ...part, stage: this.#finish(part) })),
      host,
    );
  }

  /** Ends the other threads. */
  [Symbol.dispose](): void {
    for (const thread of this.#threads) void thread.terminate();
  }

  /** Makes a batch of what was gathered, and gives it to a thread, if it is worth one. */
  #deal(): void {
    const slices = this.#gathered.flatMap((one) => one.slices);
    const batch: Batch = { slices, room: roomFor(slices) };
    let index = 0;
    for (const { look, slices: own } of this.#gathered)
      this.#parts.set(
        look,
        own.map((slice) => ({ batch, index: index++, slice })),
      );
    this.#gathered = [];
    this.#gatheredNames = 0;
    this.#batches.push({ batch, waiting: slices.length });
    const wanted = Math.min(this.#mostThreads, Math.floor(this.#names / namesPerThread));
    if (this.#threads.length < wanted) this.#startThread();
    this.#threads[this.#dealt % this.#threads.length]?.postMessage(batch);
    this.#dealt += 1;
  }

  /** Without threads the looks take longer, and nothing else: none can start where the working folder is gone. */
  #startThread(): void {
    try {
      this.#threads.push(newThread());
    } catch {
      this.#mostThreads = this.#threads.length;
    }
  }

  /** Returns the stage of a slice that was looked at; looks at later ones as long as another thread has this one. */
  #finish({ batch, index }: Part): number {
    // Looks are taken in the order in which they were asked for.
    const done = this.#batches.findIndex((one) => one.batch === batch);
    if (done > 0) this.#batches.splice(0, done);
    const at = stagesOf(batch);
    lookAt(batch, index);
    while (at[index] === stages.taken && this.#lookAtLast());
    const wait = Atomics.wait(at, index, stages.taken, patience);
    return wait === "timed-out" ? stages.failed : Atomics.load(at, index);
  }

  /** Looks at a slice that the other threads would come to last; tells if there was one. */
  #lookAtLast(): boolean {
    for (let last = this.#batches.at(-1); last !== undefined; last = this.#batches.at(-1)) {
      while (last.waiting > 0) {
        last.waiting -= 1;
        if (lookAt(last.batch, last.waiting)) return true;
      }
      this.#batches.pop();
    }
    return false;
  }
}

/** Looks at names of a directory at once, which takes half the time of a look at each. */
export function lookAtAll(host: HostDirectory, names: readonly string[]): Seen {
  const slices = slicesOf(host.real, host.statSelf(), names, 0);
  const batch: Batch = { slices, room: roomFor(slices) };
  const at = stagesOf(batch);
  const parts = slices.map((slice, index) => {
    lookAt(batch, index);
    return { batch, index, slice, stage: at[index] ?? stages.failed };
  });
  return new Seen(parts, host);
}

/** Cuts names of a directory into slices, whose records stand from `first` on. */
function slicesOf(
  path: string,
  { dev, ino }: Pick<HostStat, "dev" | "ino">,
  names: readonly string[],
  first: number,
): Slice[] {
  const slices: Slice[] = [];
  for (let start = 0; start < names.length; start += mostInSlice) {
    const some = names.slice(start, start + mostInSlice);
    const [text, count] = [textOf(some), some.length];
    slices.push({ path, dev, ino, names: text, count, first: first + start });
  }
  return slices;
}

/** The names of a directory, with a record of each. */
export class Seen {
  /** In the order in which they were asked for. */
  readonly names: readonly string[];
  readonly #parts: readonly (Part & { readonly stage: number })[];
  readonly #host: HostDirectory;
  readonly #stats: readonly PackedStat[];

  constructor(parts: readonly (Part & { readonly stage: number })[], host: HostDirectory) {
    this.#parts = parts;
    this.#host = host;
    this.names = parts.flatMap(({ slice }) => namesIn(slice.names));
    this.#stats = parts.map(({ batch }) => new PackedStat(recordsOf(batch)));
  }

  /**
   * Returns the record of a name, by its index; undefined for one that is not there. It is another one's after the next
   * call. Throws the system's error.
   */
  at(index: number): PackedStat | undefined {
    const which = Math.floor(index / mostInSlice);
    const [part, stat] = [this.#parts[which], this.#stats[which]];
    const within = index % mostInSlice;
    const name = this.names[index];
    if (part === undefined || stat === undefined || name === undefined) return undefined;
    const at = (part.slice.first + within) * recordBytes;
    if (part.stage !== stages.done) pack(recordsOf(part.batch), at, this.#host.stat(name));
    return stat.show(at) ? stat : undefined;
  }
}

function newThread(): Worker {
  // Compiled, the thread's file is a script; from source, it is a module like this one.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "cjs";
  const thread = new Worker(new URL(`./look-thread.${extension}`, import.meta.url), {
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  // Without it the looks take longer, and nothing else.
  thread.on("error", () => undefined);
  thread.unref();
  return thread;
}
