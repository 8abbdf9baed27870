import type { Seq } from "../../../journal/index.ts";
import type { Tree } from "../../fs/index.ts";

/** The state that a compacted journal begins with. */
export interface BaseState {
  /** The last event that was folded into it. */
  readonly seq: Seq;
  /** When that happened. */
  readonly time: bigint;
  /** Length of the tape after it. */
  readonly tapeLength: number;
  readonly tree: Tree;
}
