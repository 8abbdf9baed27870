import type { Seq } from "../../journal/index.ts";
import type { Place } from "../draw/window.ts";
import type { ListRow, Question } from "../recording/question.ts";

/** A list over the panels. */
export interface Listing {
  readonly question: Question;
  readonly rows: readonly ListRow[];
  readonly place: Place;
  /** The last event when it was asked for. */
  readonly head: Seq;
  /** Events looked at so far; "all" when the answer is whole. */
  readonly searched: number | "all";
  /** Parts that the answer leaves out. */
  readonly notes: readonly string[];
}

export function emptyListing(question: Question, head: Seq): Listing {
  return { question, rows: [], place: { row: 0, first: 0 }, head, searched: 0, notes: [] };
}
