import type { BigIntStats } from "node:fs";

/** A record of a host's entry, without what is in it: Node's own, or one that another thread took. */
export interface HostStat extends Pick<
  BigIntStats,
  | "dev"
  | "ino"
  | "mtimeNs"
  | "ctimeNs"
  | "isFile"
  | "isDirectory"
  | "isSymbolicLink"
  | "isFIFO"
  | "isSocket"
  | "isBlockDevice"
  | "isCharacterDevice"
> {
  readonly mode: bigint | number;
  readonly size: bigint | number;
}
