import type { HostStat } from "./host-stat.ts";

/** Identifies an inode of the host. */
export function identityOf({ dev, ino }: Pick<HostStat, "dev" | "ino">): string {
  return `${dev}:${ino}`;
}

/** Recognises some inodes of the host. */
export class Identities {
  readonly #all: ReadonlySet<string>;
  /** Most entries have another number than these, and the text of an identity costs more than a look-up. */
  readonly #numbers: ReadonlySet<bigint>;

  /** `all` are identities, as `identityOf` makes them. */
  constructor(all: ReadonlySet<string>) {
    this.#all = all;
    this.#numbers = new Set(
      [...all].map((identity) => BigInt(identity.slice(identity.indexOf(":") + 1))),
    );
  }

  has(stat: Pick<HostStat, "dev" | "ino">): boolean {
    return this.#numbers.size > 0 && this.#numbers.has(stat.ino) && this.#all.has(identityOf(stat));
  }
}
