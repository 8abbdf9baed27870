import type { BigIntStats } from "node:fs";

import type { Ino } from "../../../journal/index.ts";
import type { Inode } from "../../fs/index.ts";
import type { Existing } from "./import-file.ts";

/** Which inodes of an import stand for which of the host's, for those that have several names on either side. */
import { identityOf } from "../disk/identity.ts";
export class HostLinks {
  readonly #inos = new Map<string, Ino>();
  readonly #identities = new Map<Ino, string>();

  /** The inode that another name of the same host inode became. */
  find(stat: BigIntStats): Ino | undefined {
    return stat.nlink > 1n ? this.#inos.get(identityOf(stat)) : undefined;
  }

  claim(stat: BigIntStats, inode: Inode | undefined): void {
    if (inode === undefined) return;
    if (stat.nlink > 1n) this.#inos.set(identityOf(stat), inode.ino);
    if (inode.names.length > 1) this.#identities.set(inode.ino, identityOf(stat));
  }

  /** The file that stands there, where the host's may be written into it: not when it is another's, or has more names. */
  ownOf(stat: BigIntStats, existing: Inode | undefined): Existing | undefined {
    if (existing?.type !== "file") return undefined;
    const identity = this.#identities.get(existing.ino);
    if (identity !== undefined && identity !== identityOf(stat)) return undefined;
    const write = existing.names.length > stat.nlink ? "anew" : "in place";
    return { ino: existing.ino, write };
  }
}
