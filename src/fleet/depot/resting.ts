const shortest = 200;
const longest = 10_000;

/** Returns the time in milliseconds to rest after so many failures one after the other: a full disk stays so for long. */
export function restAfter(failures: number): number {
  return Math.min(longest, shortest * 2 ** Math.min(failures, 10));
}
