/** How many times as much as in a plain test run is tried: REWINDFS_SCALE, 1 unless set. */
export const scale = Number(process.env["REWINDFS_SCALE"] ?? 1);

/** From SCALE 100 on everything is tried of which there is only so much, such as each call; with less each so manieth. */
export const step = Math.max(1, Math.round(100 / scale));

/** Time for so much more, in milliseconds. */
export function patience(milliseconds: number): number {
  return Math.max(60_000, milliseconds * scale);
}
