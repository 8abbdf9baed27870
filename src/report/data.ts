/** What a report's page is given, as JSON. All texts are visible text: nothing of a program is in them as it was. */
export interface ReportData {
  readonly title: string;
  readonly facts: readonly (readonly [string, string])[];
  readonly runs: readonly RunData[];
  readonly findings: readonly FindingData[];
  readonly activity: ActivityData;
  readonly log: readonly LogRow[];
  readonly changes: readonly ChangeData[];
  readonly tree: TreeData;
  /** What was left out so that the file stays small. */
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

/** How often what happened, in equal pieces of the time in which something did. */
export interface ActivityData {
  readonly kinds: readonly string[];
  /** For each piece: its last event, and how many events there were of each kind. */
  readonly pieces: readonly { readonly seq: number; readonly counts: readonly number[] }[];
}

/** A row of the log: first event, run, clock, operation, path, note, and how many events it stands for. */
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
}

/** Paths of the filesystem. A directory ends in a slash. */
export interface TreeData {
  /** What stood there where the record begins. */
  readonly start: readonly string[];
  /** What became of paths, in order, for each moment to be made of it. */
  readonly steps: readonly TreeStep[];
  /** Whether nothing was left out, so that each moment can be shown. */
  readonly isWhole: boolean;
}

/** What an event did to names; `to` of a rename. */
export type TreeStep =
  | readonly [seq: number, did: "+" | "-", path: string]
  | readonly [seq: number, did: ">", path: string, to: string]
  | readonly [seq: number, did: "~", path: string];
