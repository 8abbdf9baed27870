import type { HostDirectory } from "../disk/directory.ts";
import { errnoOf } from "../disk/error.ts";

/** Size of everything at a path of the host. `isMore`: counting stopped before its end. */
export interface Amount {
  readonly files: number;
  readonly bytes: number;
  readonly isMore: boolean;
}

/** Counts excluded entries, up to a number of entries in all: counting unwanted files must not take long. */
export class Counter {
  #left: number;

  constructor(most = 5_000) {
    this.#left = most;
  }

  /** Counts an entry and everything in it. Unreadable entries count as nothing. */
  count(host: HostDirectory, name: string): Amount {
    if (this.#left <= 0) return { files: 0, bytes: 0, isMore: true };
    this.#left -= 1;
    try {
      const stat = host.stat(name);
      if (stat?.isDirectory() !== true)
        return { files: 1, bytes: Number(stat?.isFile() === true ? stat.size : 0n), isMore: false };
      using child = host.child(name);
      let whole: Amount = { files: 0, bytes: 0, isMore: false };
      for (const one of child.list().names) {
        if (whole.isMore) break;
        whole = sum(whole, this.count(child, one));
      }
      return whole;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return { files: 0, bytes: 0, isMore: false };
    }
  }
}

/** Adds two amounts. */
export function sum(one: Amount, other: Amount): Amount {
  return {
    files: one.files + other.files,
    bytes: one.bytes + other.bytes,
    isMore: one.isMore || other.isMore,
  };
}
