/** Holds the data of a report's page. All texts passed `printable`: none is as a program wrote it. */
export interface ReportData {
  readonly title: string;
  readonly facts: readonly (readonly [string, string])[];
  readonly runs: readonly RunData[];
  readonly findings: readonly FindingData[];
  readonly activity: ActivityData;
  readonly log: readonly LogRow[];
  readonly changes: readonly ChangeData[];
  readonly tree: TreeData;
  /** Names what was left out so that the file stays small. */
  readonly leftOut: readonly string[];
}

export interface RunData {
  readonly run: number;
  readonly kind: "program" | "other";
  readonly command: string;
  readonly began: string;
  /** "exit 0", "running". */
  readonly end: string;
  readonly isGood: boolean;
  readonly first: number;
  readonly last: number;
}

export interface FindingData {
  readonly level: string;
  readonly place: string;
  readonly reason: string;
  readonly run: number;
  readonly seq: number;
}

/** Counts events by kind in equal pieces of the time in which something happened. */
export interface ActivityData {
  readonly kinds: readonly string[];
  /** For each piece: its last event, and how many events there were of each kind. */
  readonly pieces: readonly { readonly seq: number; readonly counts: readonly number[] }[];
}

/** Holds a row of the log; `count` is the number of events that it stands for. */
export type LogRow = readonly [
  seq: number,
  run: number,
  clock: string,
  operation: string,
  path: string,
  note: string,
  count: number,
];

export interface ChangeData {
  readonly run: number;
  readonly path: string;
  readonly from?: string;
  readonly change: string;
  readonly note: string;
  /** Absent where it was left out, or where there is nothing to compare. */
  readonly hunks?: readonly HunkData[];
}

export interface HunkData {
  readonly heading: string;
  /** Each with its sign. */
  readonly lines: readonly string[];
  /** Tells who wrote these lines: a number of lines and an event, in turns; event 0 is unknown. Absent where not looked up. */
  readonly by?: readonly number[];
}

/** Holds paths of the filesystem. A directory ends in a slash. */
export interface TreeData {
  /** The entries at the beginning of the record. */
  readonly start: readonly string[];
  /** The changes of paths, in order, from which each moment is made. */
  readonly steps: readonly TreeStep[];
  /** True if nothing was left out, so that each moment can be shown. */
  readonly isWhole: boolean;
}

/** Tells what an event did to a path: made, removed, renamed or changed. */
export type TreeStep =
  | readonly [seq: number, did: "+" | "-", path: string]
  | readonly [seq: number, did: ">", path: string, to: string]
  | readonly [seq: number, did: "~", path: string];
