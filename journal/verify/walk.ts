/** What an event must agree with: the state after the ones before it. */
export interface Walk {
  seq: number;
  time: bigint;
  tape: number;
  places: number;
  /** Of a place that has several numbers, the one that comes next. */
  readonly nextNumber: (place: number) => number | undefined;
  /** Those from before a base that are used after it. */
  oldPlaces: Set<number>;
  renames: number;
  lastRun: number;
  openRun: number;
  /** What redactions say that they removed, by run. */
  redactions: Map<number, string>;
  /** Digests of the bases that compactions made, by run. */
  compactions: Map<number, string>;
  /** Where the commits since the last whole segment ended on the tape. */
  cuts: number[];
}
