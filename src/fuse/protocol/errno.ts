import type { FsCode, FsError } from "../../fs/index.ts";

/** Numbers of errors on Linux, for all of its processors that Node.js runs on (asm-generic/errno.h). */
export const errno = {
  permission: 1,
  noEntry: 2,
  interrupted: 4,
  io: 5,
  noSuchAddress: 6,
  tooLong: 7,
  badDescriptor: 9,
  access: 13,
  invalid: 22,
  tooManyFiles: 23,
  fileTooLarge: 27,
  readOnly: 30,
  range: 34,
  nameTooLong: 36,
  notServed: 38,
  noData: 61,
  protocol: 71,
  overflow: 75,
  unsupported: 95,
} as const;

export type Errno = (typeof errno)[keyof typeof errno];

/** Returns the number that Linux has for a refusal of the filesystem. */
export function errnoOf({ code, limit }: Pick<FsError, "code" | "limit">): number {
  return limit === "descriptors" ? errno.tooManyFiles : numbers[code];
}

const numbers: Readonly<Record<FsCode, number>> = {
  access: errno.access,
  "bad-descriptor": errno.badDescriptor,
  exist: 17,
  "file-too-large": errno.fileTooLarge,
  "illegal-byte-sequence": 84,
  "insufficient-memory": 12,
  "insufficient-space": 28,
  invalid: errno.invalid,
  io: errno.io,
  "is-directory": 21,
  loop: 40,
  "name-too-long": errno.nameTooLong,
  "no-entry": errno.noEntry,
  "not-directory": 20,
  "not-empty": 39,
  "not-permitted": errno.permission,
  overflow: errno.overflow,
  quota: 122,
  "read-only": errno.readOnly,
  "too-many-links": 31,
  unsupported: errno.unsupported,
};

/** Refuses a request with an error that the filesystem itself does not know. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly errno: Errno;

  constructor(number: Errno) {
    // Nobody reads this stack, and making it is most of the cost.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`error ${number}`);
    Error.stackTraceLimit = stackTraceLimit;
    this.errno = number;
  }
}
