import type {
  Datetime,
  NewTimestamp,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

const nanosecondsPerSecond = 1_000_000_000n;

/** Converts nanoseconds since the epoch to the WIT's time. */
export function datetimeOf(time: bigint): Datetime {
  return {
    seconds: time / nanosecondsPerSecond,
    nanoseconds: Number(time % nanosecondsPerSecond),
  };
}

/** Returns the time that a guest asks for, in nanoseconds since the epoch; undefined for no change. */
export function newTime(asked: NewTimestamp, now: () => bigint): bigint | undefined {
  switch (asked.tag) {
    case "no-change":
      return undefined;
    case "now":
      return now();
    case "timestamp":
      return asked.val.seconds * nanosecondsPerSecond + BigInt(asked.val.nanoseconds);
  }
}
