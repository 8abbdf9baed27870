import type { Ino } from "../../../journal/index.ts";
import { type Call, type FileSystem, FsError } from "../../fs/index.ts";
import type { Pollable } from "./io.ts";
import { trap } from "./trap.ts";

/** State shared by all calls of one guest. */
export class Host {
  readonly fs: FileSystem;
  /** Nanoseconds since the epoch. */
  readonly now: () => bigint;
  /** Called at the start of every host call; errors that it throws pass through. */
  readonly beforeCall: () => void;
  /** Directories of preopens: no guest removes, renames or replaces them. */
  readonly roots: ReadonlySet<Ino>;
  /** All handles that are open. */
  readonly handles = new Set<{ close(): void }>();
  /** Makes a new pollable that is ready, of the class that the guest's wasi:io/poll knows. */
  readonly #readyPollable: () => Pollable;
  /** Number of pollables that the guest has. */
  #pollables = 0;
  /** Number of unread entries that directory streams hold. */
  #listed = 0;

  constructor(
    fs: FileSystem,
    roots: ReadonlySet<Ino>,
    calls: Pick<Host, "now" | "beforeCall"> & { readonly readyPollable: () => Pollable },
  ) {
    this.fs = fs;
    this.roots = roots;
    this.now = calls.now;
    this.beforeCall = calls.beforeCall;
    this.#readyPollable = calls.readyPollable;
  }

  /**
   * Returns the error to throw at the guest's glue. A refusal is recorded and becomes its code, which jco gives the
   * guest as the error case of the result; any other error is a bug or the end of the guest, and is returned unchanged.
   * Without a path from the guest, the refusal is recorded with the inode's.
   */
  refusal(
    operation: string,
    path: string | undefined,
    effect: Call["effect"],
    error: unknown,
  ): unknown {
    if (!(error instanceof FsError)) return error;
    this.fs.refuse({ operation, path: path ?? error.path, effect }, error);
    return error.code;
  }

  /**
   * Counts entries that a directory stream takes. Together the streams hold no more than two of the largest
   * directories. Throws FsError.
   */
  list(entries: number, path: string): void {
    const most = 2 * this.fs.limits["directory-entries"];
    if (this.#listed + entries > most)
      throw new FsError("insufficient-memory", path, "directory-entries");
    this.#listed += entries;
  }

  /** Subtracts entries that were read, or never will be. */
  unlist(entries: number): void {
    this.#listed -= entries;
  }

  /**
   * Returns a ready pollable. A guest that hoards more of them than it may have descriptors traps: the interface has no
   * error for it.
   */
  subscribe(): Pollable {
    if (this.#pollables >= this.fs.limits.descriptors) throw trap("too many pollables");
    const pollable: Pollable & Partial<Disposable> = this.#readyPollable();
    const dispose = pollable[Symbol.dispose]?.bind(pollable);
    this.#pollables += 1;
    pollable[Symbol.dispose] = () => {
      delete pollable[Symbol.dispose];
      this.#pollables -= 1;
      dispose?.();
    };
    return pollable;
  }
}
