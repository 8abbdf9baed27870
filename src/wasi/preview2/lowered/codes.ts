import { trap } from "../../calls/trap.ts";

/** wasi:filesystem/types, error-code, in the order of the WIT: a case's index is its number. */
const errorCodes = [
  "access",
  "would-block",
  "already",
  "bad-descriptor",
  "busy",
  "deadlock",
  "quota",
  "exist",
  "file-too-large",
  "illegal-byte-sequence",
  "in-progress",
  "interrupted",
  "invalid",
  "io",
  "is-directory",
  "loop",
  "too-many-links",
  "message-size",
  "name-too-long",
  "no-device",
  "no-entry",
  "no-lock",
  "insufficient-memory",
  "insufficient-space",
  "not-directory",
  "not-empty",
  "not-recoverable",
  "unsupported",
  "no-tty",
  "no-such-device",
  "overflow",
  "not-permitted",
  "pipe",
  "read-only",
  "invalid-seek",
  "text-file-busy",
  "cross-device",
] as const;

/** wasi:filesystem/types, descriptor-type. */
const descriptorTypes = [
  "unknown",
  "block-device",
  "character-device",
  "directory",
  "fifo",
  "symbolic-link",
  "regular-file",
  "socket",
] as const;

/** wasi:filesystem/types, advice. */
const advices = ["normal", "sequential", "random", "will-need", "dont-need", "no-reuse"] as const;

const errorNumbers = new Map<unknown, number>(errorCodes.map((code, number) => [code, number]));
const typeNumbers = new Map<unknown, number>(descriptorTypes.map((type, number) => [type, number]));

/** Returns the number of an error code; throws any other error on: it is a bug, or the guest's end. */
export function errorNumber(thrown: unknown): number {
  const number = errorNumbers.get(thrown);
  if (number === undefined) throw thrown;
  return number;
}

export function typeNumber(type: (typeof descriptorTypes)[number]): number {
  return typeNumbers.get(type) ?? 0;
}

export function adviceOf(number: number): (typeof advices)[number] {
  const advice = advices[number];
  if (advice === undefined) throw trap("invalid discriminant of advice");
  return advice;
}

export function pathFlags(bits: number) {
  return { symlinkFollow: (bits & 1) !== 0 };
}

export function openFlags(bits: number) {
  return {
    create: (bits & 1) !== 0,
    directory: (bits & 2) !== 0,
    exclusive: (bits & 4) !== 0,
    truncate: (bits & 8) !== 0,
  };
}

export function descriptorFlags(bits: number) {
  return {
    read: (bits & 1) !== 0,
    write: (bits & 2) !== 0,
    fileIntegritySync: (bits & 4) !== 0,
    dataIntegritySync: (bits & 8) !== 0,
    requestedWriteSync: (bits & 16) !== 0,
    mutateDirectory: (bits & 32) !== 0,
  };
}

export function descriptorFlagBits(flags: Partial<ReturnType<typeof descriptorFlags>>): number {
  return (
    (flags.read === true ? 1 : 0) |
    (flags.write === true ? 2 : 0) |
    (flags.mutateDirectory === true ? 32 : 0)
  );
}

/** wasi:filesystem/types, new-timestamp, as its three flat values. */
export function newTimestamp(tag: number, seconds: bigint, nanoseconds: number) {
  if (tag === 0) return { tag: "no-change" } as const;
  if (tag === 1) return { tag: "now" } as const;
  if (tag !== 2) throw trap("invalid discriminant of new-timestamp");
  const val = { seconds: BigInt.asUintN(64, seconds), nanoseconds: nanoseconds >>> 0 };
  return { tag: "timestamp", val } as const;
}
