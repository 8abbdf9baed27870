/** The reader's place in a list: the row of the cursor, and the first row on the screen. */
export interface Place {
  readonly row: number;
  readonly first: number;
}

/** The rows of a list that are on the screen: `height` of them from row `first` on. */
export interface Window {
  readonly first: number;
  readonly height: number;
}

/** Moves the window as little as possible so that the cursor keeps a margin from its edges. */
export function follow(
  { first, height }: Window,
  cursor: number,
  count: number,
  margin = 2,
): Window {
  const gap = Math.max(0, Math.min(margin, Math.floor((height - 1) / 2)));
  const lowest = cursor - height + 1 + gap;
  const highest = cursor - gap;
  const wanted = Math.min(Math.max(first, lowest), highest);
  return { first: Math.max(0, Math.min(wanted, count - height)), height };
}

/** Returns the nearest row that exists; 0 in an empty list. */
export function clampRow(row: number, count: number): number {
  return Math.max(0, Math.min(row, count - 1));
}
