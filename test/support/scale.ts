/** Multiplies the number of attempts of a plain test run: REWINDFS_SCALE, 1 by default. */
export const scale = Number(process.env["REWINDFS_SCALE"] ?? 1);

/**
 * Returns a number of attempts: a third of so many in a plain test run, all of them on request. (Where more would find
 * more without end, it is a multiple of `scale`.)
 */
export function attempts(all: number): number {
  return scale > 1 ? all : Math.ceil(all / 3);
}

/** Interval at which exhaustive tests, such as of each call, try their cases: all from SCALE 100 on. */
export const step = Math.max(1, Math.round(100 / scale));

/** Returns the time limit for so much more, in milliseconds. */
export function patience(milliseconds: number): number {
  return Math.max(60_000, milliseconds * scale);
}
