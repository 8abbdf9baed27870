/** The runs before an event. */
export interface RunWalk {
  lastRun: number;
  openRun: number;
  /** The number of processes that the open run told of. */
  processes: number;
  /** The digest that each redaction recorded, by run. */
  redactions: Map<number, string>;
  /** The digest of the base that each compaction made, by run. */
  compactions: Map<number, string>;
}

/** The state before an event that the event must agree with. */
export interface Walk extends RunWalk {
  seq: number;
  time: bigint;
  tape: number;
  places: number;
  /** Returns the next number of a place that has several. */
  readonly nextNumber: (place: number) => number | undefined;
  /** Places from before a base that are used after it. */
  oldPlaces: Set<number>;
  renames: number;
  /** The positions on the tape where the commits since the last whole segment ended. */
  cuts: number[];
}
