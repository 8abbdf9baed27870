import type { Event, Run, RunNumber } from "../../journal/index.ts";
import type { Change } from "../history/index.ts";
import type { OwnRule } from "./own-rules.ts";

/** Bounds how much of a record is read. */
export interface FindingsBudget {
  /** Bytes written that are searched for secrets. */
  readonly bytes: number;
  /** Events of each run that are read in order. */
  readonly events: number;
  readonly milliseconds: number;
}

export interface FindingsOptions {
  /** First event; 1 by default. */
  readonly first?: number;
  /** Last event; the head by default. */
  readonly last?: number;
  /** Keeps findings at or below this path, and those on refused calls. */
  readonly below?: string;
  /** Rules of one's own, beside ours. */
  readonly rules?: readonly OwnRule[];
  /** Selects runs of programs (the default), or imports, restores and applies too. */
  readonly runs?: "programs" | "all";
  readonly budget?: Partial<FindingsBudget>;
  /** Gives the changes of a whole run that are known already. */
  readonly changesOf?: (run: Run) => readonly Change[] | undefined;
  /** Returns milliseconds. */
  readonly now?: () => number;
  /** Gives on the events of one run in order, as they are read; not all of them if a bound is hit. */
  readonly along?: { readonly run: RunNumber; readonly to: { take(event: Event): void } };
  /** Called very often: with the run, and how far the search through its events is. */
  readonly onProgress?: (at: FindingsProgress) => void;
}

/** Says how far a search is. */
export interface FindingsProgress {
  readonly run: RunNumber;
  /** Names what is looked at: events are read in order more than once. */
  readonly part: "calls" | "changes" | "steps" | "contents";
  /** Events of the run, or files of `contents` and `changes`. */
  readonly done: number;
  readonly whole: number;
}

/** Suffices for a record of some million events. */
export const findingsBudget: FindingsBudget = {
  bytes: 1024 ** 3,
  events: 5_000_000,
  milliseconds: 60_000,
};

/** Keeps a command that searches by the way quick. */
export const quickBudget: FindingsBudget = {
  bytes: 16 * 1024 ** 2,
  events: 50_000,
  milliseconds: 1_500,
};

/** Looks at all of a record, however long it takes; what is kept in memory stays bounded. */
export const wholeBudget: FindingsBudget = {
  bytes: Number.POSITIVE_INFINITY,
  events: Number.POSITIVE_INFINITY,
  milliseconds: Number.POSITIVE_INFINITY,
};
