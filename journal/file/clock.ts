/**
 * The system's time in nanoseconds since the epoch, at the price of one call: the monotonic clock, set by the wall
 * clock, and set again where the two have come apart (the machine slept, or its time was put right).
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

function wallClock(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
