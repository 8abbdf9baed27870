import type { RunNumber, Seq } from "../../journal/index.ts";
import type { Note } from "../../src/history/index.ts";
import type { Printable } from "../../src/text/index.ts";
import type { Breakpoint } from "./breakpoint.ts";
import type { Criteria } from "./find.ts";
import type { Review } from "./review.ts";
import { type Glyphs, unicode } from "../draw/glyphs.ts";
import { type PanelName, type Size, type Zoom, layout, listHeight } from "../draw/layout.ts";
import type { Place } from "../draw/window.ts";

/** How time goes: it stands still, it follows a journal that grows, or it runs by itself. */
export type Mode =
  /** `known`: how many events there were when the reader stopped following, to count what is new. */
  | { readonly kind: "paused"; readonly known: Seq }
  | { readonly kind: "live" }
  | { readonly kind: "playing"; readonly known: Seq };

export const tabs = ["diff", "content", "blame", "event"] as const;
export type Tab = (typeof tabs)[number];

/** What an edit is to whoever steps, compares or asks who wrote something: a save as a whole, or a single event. */
export type Edits = "saves" | "events";

/** Seqs of events that match, in order, as far as they were found; they only grow at both ends. */
export interface Matches {
  readonly count: number;
  at(row: number): Seq;
  /** Row of the last match at or before `seq`; -1 where there is none. */
  rowOf(seq: Seq): number;
  /** These and more, all of them later. */
  and(later: readonly Seq[]): Matches;
}

export interface Filter {
  readonly text: string;
  readonly criteria: Criteria;
  readonly matches: Matches;
  /** Events looked at so far; all of them when `state` is "done". */
  readonly scanned: number;
  /** The last event when the filter began: what came later is looked at as it comes. */
  readonly head: Seq;
  readonly state: "running" | "done" | "stopped";
}

/** Events that breakpoints stop at, of those up to `head`. */
export interface Hits {
  readonly matches: Matches;
  readonly head: Seq;
}

export interface Search {
  readonly text: string;
  readonly criteria: Criteria;
}

/** Something that takes time: what to call it, and how far it is. */
export interface Job {
  readonly title: Printable;
  readonly scanned: number;
  readonly total: number;
}

export interface Toast {
  readonly kind: "done" | "warning";
  readonly text: Printable;
}

export type PromptFor = "go-to" | "search" | "filter" | "breakpoint" | "save";

export type PlanKind = "restore" | "undo" | "redo";

/** What restore, undo or redo would do, told before it is done. */
export interface Plan {
  readonly kind: PlanKind;
  /** The path it is about; "/" for everything. */
  readonly path: string;
  readonly to: Seq;
  /** The moment that was asked for, where the path is gone at it, and now too: `to` is when it was last there. */
  readonly goneAt?: Seq;
  /** The last event when the plan was made. */
  readonly head: Seq;
  /** How many events it appends; 0 when there is nothing to restore. */
  readonly events: number;
  readonly changes: readonly PlannedChange[];
  /** What cannot come back just as it was. */
  readonly notes: readonly Note[];
  readonly run?: RunNumber;
}

export interface PlannedChange {
  readonly letter: "A" | "M" | "D" | "R";
  readonly path: string;
}

/** What lies over the panels. */
export type Overlay =
  | { readonly kind: "keys"; readonly text: string; readonly first: number }
  | {
      readonly kind: "prompt";
      readonly for: PromptFor;
      readonly text: string;
      readonly cursor: number;
      readonly error?: Printable;
    }
  | { readonly kind: "plan"; readonly plan: Plan }
  | { readonly kind: "review"; readonly review: Review }
  | { readonly kind: "mark" }
  | { readonly kind: "places"; readonly row: number }
  | { readonly kind: "breakpoints"; readonly row: number }
  | { readonly kind: "failure"; readonly title: Printable; readonly text: Printable };

export interface Main {
  readonly tab: Tab;
  readonly form: "text" | "bytes";
  /** The place in the tab that is shown; it belongs to the file and tab in `of`. */
  readonly place: Place;
  readonly of: string;
  /** Cells that are scrolled out at the left. */
  readonly left: number;
}

export interface Tree {
  /** Directories that are open, by path; the way to the selected path always is. */
  readonly open: ReadonlySet<string>;
  readonly first: number;
}

/** All that the screen is drawn from, but for what the recording tells. */
export interface State {
  /** What this terminal can show. */
  readonly glyphs: Glyphs;
  readonly size: Size;
  /** The last event that this screen knows of. */
  readonly head: Seq;
  /** The one moment that every panel shows: just after this event; 0 is before the first. */
  readonly cursor: Seq;
  /** The moment that the costly panels show: the cursor, or where it was when keys began to come fast. */
  readonly settled: Seq;
  readonly mode: Mode;
  /** Events a second that are played, and that come in while following. */
  readonly speed: number;
  readonly rate: number;
  /** Moments that were left by jumps, the last one last; and those that were gone back from. */
  readonly visited: readonly Seq[];
  readonly ahead: readonly Seq[];
  readonly focus: PanelName;
  readonly zoom: Zoom;
  /** The path that the tree has selected and that the main panel is about. */
  readonly path: string;
  readonly timelineFirst: number;
  readonly tree: Tree;
  readonly main: Main;
  readonly edits: Edits;
  readonly pin?: Seq;
  readonly filter?: Filter;
  readonly search?: Search;
  readonly breakpoints: readonly Breakpoint[];
  /** Events that breakpoints stop at, as far as they were found. */
  readonly hits?: Hits;
  readonly overlay?: Overlay;
  readonly job?: Job;
  /** What is waited for before the costly panels can show this moment. */
  readonly replay?: "states" | "snapshots";
  readonly toast?: Toast;
}

export interface Start {
  /** Those of a terminal that speaks UTF-8 unless given. */
  readonly glyphs?: Glyphs;
  readonly size: Size;
  readonly head: Seq;
  readonly cursor: Seq;
  readonly mode: Mode;
}

export function initialState({ size, head, cursor, mode, glyphs = unicode }: Start): State {
  return {
    glyphs,
    size,
    head,
    cursor,
    settled: cursor,
    mode,
    speed: 8,
    rate: 0,
    visited: [],
    ahead: [],
    focus: "timeline",
    zoom: "split",
    path: "/",
    timelineFirst: Math.max(0, cursor - 8),
    tree: { open: new Set(["/"]), first: 0 },
    main: { tab: "diff", form: "text", place: { row: 0, first: 0 }, of: "", left: 0 },
    edits: "saves",
    breakpoints: [],
  };
}

/** The same without these fields: an optional field that is gone is absent, not undefined. */
export function without<
  Key extends "pin" | "filter" | "search" | "overlay" | "job" | "replay" | "toast",
>(state: State, ...keys: readonly Key[]): State {
  const copy: { -readonly [Field in keyof State]: State[Field] } = { ...state };
  for (const key of keys) delete copy[key];
  return copy;
}

/** Rows of the timeline that are on the screen. */
export function timelineHeight(state: State): number {
  return listHeight(layout(state.size, state.focus, state.zoom), "timeline");
}

/** How many rows the timeline has: one for each event and one for the moment before the first, or the matches. */
export function timelineCount({ head, filter }: State): number {
  return filter === undefined ? head + 1 : filter.matches.count;
}

/** The moment of a row. */
export function seqOfRow({ filter }: State, row: number): Seq {
  return filter === undefined ? (row as Seq) : filter.matches.at(row);
}

/** The row of the moment that is shown, or of the last match before it; -1 where there is none. */
export function timelineRow({ filter, cursor }: State): number {
  return filter === undefined ? cursor : filter.matches.rowOf(cursor);
}
