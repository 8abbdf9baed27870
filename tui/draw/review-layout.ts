import type { Area, Size } from "./layout.ts";

/** Areas of the list of choices, and of the diff of the row under the cursor. */
export interface ReviewAreas {
  readonly list: Area;
  readonly diff: Area;
}

/** Narrower screens have the diff under the list. */
const sideBySide = 90;

/** Fills all but the status line and the hints. */
export function reviewLayout({ columns, rows }: Size): ReviewAreas {
  const body = { left: 0, top: 1, width: columns, height: rows - 2 };
  if (columns >= sideBySide) {
    const width = Math.floor(columns * 0.42);
    return {
      list: { ...body, width },
      diff: { ...body, left: width, width: columns - width },
    };
  }
  const height = Math.max(4, Math.floor(body.height / 2));
  return {
    list: { ...body, height },
    diff: { ...body, top: body.top + height, height: body.height - height },
  };
}

/** Returns the visible rows of the list, and lines of the diff below its headers. */
export function reviewHeights(size: Size): { readonly list: number; readonly diff: number } {
  const { list, diff } = reviewLayout(size);
  return { list: Math.max(1, list.height - 2), diff: Math.max(1, diff.height - 4) };
}
