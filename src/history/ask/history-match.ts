import type { Event, Ino } from "../../../journal/index.ts";

/** A line that matched for some time. */
export interface HistoryMatch {
  /** The path of the file when the line was added. */
  readonly path: string;
  readonly ino: Ino;
  /** Byte offset of the line. */
  readonly start: number;
  readonly text: string;
  /** The event that added it; absent if that is folded. */
  readonly added?: Event;
  /** The event that changed or removed it, or its file; absent if it is still there. */
  readonly removed?: Event;
}
