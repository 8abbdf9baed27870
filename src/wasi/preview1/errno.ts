import type { FsCode } from "../../fs/index.ts";

/** wasi_snapshot_preview1, errno: the numbers returned here. */
export const errno = {
  success: 0,
  acces: 2,
  badf: 8,
  dquot: 19,
  exist: 20,
  fbig: 22,
  ilseq: 25,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mlink: 34,
  nametoolong: 37,
  noent: 44,
  nomem: 48,
  nospc: 51,
  notdir: 54,
  notempty: 55,
  notsock: 57,
  notsup: 58,
  overflow: 61,
  perm: 63,
  pipe: 64,
  rofs: 69,
  spipe: 70,
  notcapable: 76,
} as const;

const numbers: Readonly<Record<FsCode, number>> = {
  access: errno.acces,
  "bad-descriptor": errno.badf,
  exist: errno.exist,
  "file-too-large": errno.fbig,
  "illegal-byte-sequence": errno.ilseq,
  "insufficient-memory": errno.nomem,
  "insufficient-space": errno.nospc,
  invalid: errno.inval,
  io: errno.io,
  "is-directory": errno.isdir,
  loop: errno.loop,
  "name-too-long": errno.nametoolong,
  "no-entry": errno.noent,
  "not-directory": errno.notdir,
  "not-empty": errno.notempty,
  "not-permitted": errno.perm,
  overflow: errno.overflow,
  quota: errno.dquot,
  "read-only": errno.rofs,
  "too-many-links": errno.mlink,
  unsupported: errno.notsup,
};

const byCode: ReadonlyMap<unknown, number> = new Map(Object.entries(numbers));

/** Returns the number of an error code; throws any other error on: it is a bug, or the guest's end. */
export function errnoOf(thrown: unknown): number {
  const number = byCode.get(thrown);
  if (number === undefined) throw thrown;
  return number;
}
