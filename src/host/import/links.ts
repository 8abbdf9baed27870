import type { BigIntStats } from "node:fs";

import type { Ino } from "../../../journal/index.ts";
import type { Inode } from "../../fs/index.ts";
import { identityOf } from "../disk/identity.ts";
import type { Existing } from "./import-file.ts";

/** Maps inodes of the host to inodes of the filesystem, for those with several names on either side. */
export class HostLinks {
  readonly #inos = new Map<string, Ino>();
  readonly #identities = new Map<Ino, string>();

  /** Returns the inode that an earlier name of the same host inode became. */
  find(stat: BigIntStats): Ino | undefined {
    return stat.nlink > 1n ? this.#inos.get(identityOf(stat)) : undefined;
  }

  claim(stat: BigIntStats, inode: Inode | undefined): void {
    if (inode === undefined) return;
    if (stat.nlink > 1n) this.#inos.set(identityOf(stat), inode.ino);
    if (inode.names.length > 1) this.#identities.set(inode.ino, identityOf(stat));
  }

  /**
   * Returns the existing file if the host's may be written into it: not if it belongs to another host file, or has more
   * names.
   */
  ownOf(stat: BigIntStats, existing: Inode | undefined): Existing | undefined {
    if (existing?.type !== "file") return undefined;
    const identity = this.#identities.get(existing.ino);
    if (identity !== undefined && identity !== identityOf(stat)) return undefined;
    const write = existing.names.length > stat.nlink ? "anew" : "in place";
    return { ino: existing.ino, write };
  }
}
