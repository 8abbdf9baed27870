import type { Area, Size } from "./layout.ts";

/** Lines below a list that tell more of the row under the cursor. */
export const detailLines = 3;

/** Fills all but the status line and the hints. */
export function listingArea({ columns, rows }: Size): Area {
  return { left: 0, top: 1, width: columns, height: rows - 2 };
}

/** Returns the visible rows of a list: without its frame, the line for typing if there is one, and the details. */
export function listingHeight(size: Size, headers: number): number {
  return Math.max(1, listingArea(size).height - 2 - headers - detailLines);
}
