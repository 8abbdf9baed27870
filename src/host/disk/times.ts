import { latestTime } from "../../fs/index.ts";

/**
 * Converts nanoseconds since the epoch to the seconds that Node's `utimes` takes: exact to the microsecond. Smaller
 * parts are lost: Node has no call that takes them.
 */
export function secondsOf(time: bigint): number {
  const whole = Number(time / 1_000_000_000n);
  const microseconds = Number(time % 1_000_000_000n) / 1e3;
  // Doubles near today's dates lie 2^-22 seconds apart: take the first that is not before the microsecond.
  const perSecond = 2 ** Math.min(22, 52 - Math.floor(Math.log2(Math.max(whole, 1))));
  return whole + Math.ceil((Math.floor(microseconds) * perSecond) / 1e6) / perSecond;
}

/** Tells if two times are equal as far as the host can keep them: to the microsecond. */
export function sameTime(left: bigint, right: bigint): boolean {
  return left / 1_000n === right / 1_000n;
}

/** Moves a time of the host into the range of times that the filesystem keeps. */
export function clamp(time: bigint): bigint {
  return time < 0n ? 0n : time > latestTime ? latestTime : time;
}
