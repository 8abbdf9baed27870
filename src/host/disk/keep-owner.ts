import { type BigIntStats, fchownSync, fstatSync } from "node:fs";

import { errnoOf } from "./error.ts";

/** Bits for reading, writing and running a file. */
const permissions = 0o777;

/**
 * Gives a new file the owner of the file before, and returns which permission bits it may have: if the group cannot be
 * kept, bits for the group are dropped unless they are for all.
 */
export function keepOwner(fd: number, { uid, gid, mode }: BigIntStats): number {
  const owned = fstatSync(fd, { bigint: true });
  if (owned.uid === uid && owned.gid === gid) return permissions;
  if (canChown(fd, Number(uid), Number(gid)) || canChown(fd, -1, Number(gid))) return permissions;
  return owned.gid === gid ? permissions : 0o707 | ((Number(mode) & 0o7) << 3);
}

/** Tells if the owner could be changed: only root can give a file away, and others only to a group of theirs. */
function canChown(fd: number, uid: number, gid: number): boolean {
  try {
    fchownSync(fd, uid, gid);
    return true;
  } catch (error) {
    if (errnoOf(error) !== "EPERM") throw error;
    return false;
  }
}
