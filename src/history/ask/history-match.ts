import type { Event, Ino } from "../../../journal/index.ts";

/** A line that matched for some time. */
export interface HistoryMatch {
  /** Where the file was when the line came. */
  readonly path: string;
  readonly ino: Ino;
  /** Byte offset of the line. */
  readonly start: number;
  readonly text: string;
  /** The event that brought it; absent where that is folded. */
  readonly added?: Event;
  /** The event that changed or removed it, or the file with it; absent when it is still there. */
  readonly removed?: Event;
}
