/** How many times as much as in a plain test run is tried: REWINDFS_SCALE, 1 unless set. */
export const scale = Number(process.env["REWINDFS_SCALE"] ?? 1);

/** Time for so much more, in milliseconds. */
export function patience(milliseconds: number): number {
  return Math.max(60_000, milliseconds * scale);
}
