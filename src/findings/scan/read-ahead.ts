import type { Journal, TapePosition } from "../../../journal/index.ts";
import type { ReadTape } from "../../history/index.ts";

const windowBytes = 256 * 1024;
const mostWindows = 2;

interface Window {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * Returns a reader of the tape from `first` to `end` for those who read it about in order: many small reads cost one
 * large one.
 */
export function readingAhead(journal: Journal, first: number, end: number): ReadTape {
  /** The window that was made last is the first. */
  const windows: Window[] = [];

  function windowAt(start: number): Window {
    const found = windows.find((one) => startOf(one.start) === start);
    if (found !== undefined) return found;
    const from = Math.max(start, first) as TapePosition;
    const length = Math.min(start + windowBytes, end) - from;
    const spare = windows.length < mostWindows ? undefined : windows.pop();
    const bytes = spare?.bytes.length === length ? spare.bytes : new Uint8Array(length);
    journal.readTape(from, length, bytes);
    const window = { start: from, bytes };
    windows.unshift(window);
    return window;
  }

  return (position, length, target, at = 0) => {
    const [start, last] = [startOf(position), startOf(position + length - 1)];
    if (length === 0 || start !== last || position < first || position + length > end)
      return journal.readTape(position, length, target, at);
    const window = windowAt(start);
    const from = position - window.start;
    target.set(window.bytes.subarray(from, from + length), at);
  };
}

/** Returns where the window begins that a position is in. */
function startOf(position: number): number {
  return position - (position % windowBytes);
}
