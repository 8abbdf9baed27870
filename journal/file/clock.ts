/**
 * Returns a clock of nanoseconds since the epoch that costs one call: the monotonic clock, set by the wall clock, and
 * set again when the two drift apart (the machine slept, or its time was corrected).
 */
export function systemClock(): () => bigint {
  let offset = wallClock() - process.hrtime.bigint();
  let next = 0n;
  return () => {
    const ticks = process.hrtime.bigint();
    if (ticks >= next) {
      next = ticks + interval;
      const drift = wallClock() - ticks - offset;
      if (drift > tolerance || drift < -tolerance) offset += drift;
    }
    return ticks + offset;
  };
}

const interval = 1_000_000_000n;
const tolerance = 50_000_000n;

/** Returns nanoseconds since the epoch, exact to a millisecond, by a clock that may be set. */
export function wallClock(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
