import type {
  Datetime,
  NewTimestamp,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

const nanosecondsPerSecond = 1_000_000_000n;

/** A time in nanoseconds since the epoch as the WIT has it. */
export function datetimeOf(time: bigint): Datetime {
  return {
    seconds: time / nanosecondsPerSecond,
    nanoseconds: Number(time % nanosecondsPerSecond),
  };
}

/** The time that a guest asks for, in nanoseconds since the epoch, or undefined where it is not to change. */
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
