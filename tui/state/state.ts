import type { RunNumber, Seq } from "../../journal/index.ts";
import type { Note } from "../../src/history/index.ts";
import type { Printable } from "../../src/text/index.ts";
import type { Breakpoint } from "./breakpoint.ts";
import type { Criteria } from "./find.ts";
import type { Listing } from "./listing.ts";
import type { Live } from "./live.ts";
import type { Review } from "./review.ts";
import { type Glyphs, unicode } from "../draw/glyphs.ts";
import type { Background } from "../draw/theme.ts";
import { type PanelName, type Size, type Zoom, layout, listHeight } from "../draw/layout.ts";
import type { Place } from "../draw/window.ts";

/** Movement of the moment: it stands still, follows a journal that grows, or plays. */
export type Mode =
  /** `known`: number of events when the reader stopped following, to count new ones. */
  | { readonly kind: "paused"; readonly known: Seq }
  | { readonly kind: "live" }
  | { readonly kind: "playing"; readonly known: Seq };

export const tabs = ["diff", "content", "blame", "event"] as const;
export type Tab = (typeof tabs)[number];

/** Unit of an edit for stepping, comparing and blame: a whole save, or a single event. */
export type Edits = "saves" | "events";

/** Seqs of matching events found so far, in order; the list grows only at both ends. */
export interface Matches {
  readonly count: number;
  at(row: number): Seq;
  /** Row of the last match at or before `seq`; -1 if there is none. */
  rowOf(seq: Seq): number;
  /** Returns these and later ones. */
  and(later: readonly Seq[]): Matches;
}

export interface Filter {
  readonly text: string;
  readonly criteria: Criteria;
  readonly matches: Matches;
  /** Events read so far; all of them when `state` is "done". */
  readonly scanned: number;
  /** The last event when the filter began: later ones are tested as they come. */
  readonly head: Seq;
  readonly state: "running" | "done" | "stopped";
}

/** All events that match, up to `head`. */
export interface Hits {
  readonly matches: Matches;
  readonly head: Seq;
}

/** A search through the events, or through the rows of the main panel. */
export type Search =
  | {
      readonly kind: "events";
      readonly text: string;
      readonly criteria: Criteria;
      /** All matches, once they are counted. */
      readonly hits?: Hits;
    }
  | { readonly kind: "rows"; readonly text: string; readonly found?: FoundRows };

/** Rows of the main panel that match. */
export interface FoundRows {
  /** Identifies what the panel showed. */
  readonly of: string;
  readonly rows: readonly number[];
}

/** Work in progress: its name, and how far it is. */
export interface Job {
  readonly title: Printable;
  readonly of: Printable;
  readonly scanned: number;
  readonly total: number;
}

export interface Toast {
  readonly kind: "done" | "warning";
  readonly text: Printable;
}

export type PromptFor =
  | "go-to"
  | "search"
  | "search-back"
  | "text"
  | "rows"
  | "filter"
  | "breakpoint"
  | "save";

export type PlanKind = "restore" | "undo" | "redo";

/** Everything that restore, undo or redo would do, shown before it is done. */
export interface Plan {
  readonly kind: PlanKind;
  /** The path concerned; "/" for everything. */
  readonly path: string;
  readonly to: Seq;
  /** The requested moment, if the path is gone at it, and now too: `to` is when it last existed. */
  readonly goneAt?: Seq;
  /** The last event when the plan was made. */
  readonly head: Seq;
  /** Set if a program runs, and does it within its run. */
  readonly inside?: true;
  /** Number of events it appends; 0 if there is nothing to restore. */
  readonly events: number;
  readonly changes: readonly PlannedChange[];
  /** Notes on parts that cannot be restored exactly. */
  readonly notes: readonly Note[];
  readonly run?: RunNumber;
  /** The only event that is undone. */
  readonly event?: Seq;
}

export interface PlannedChange {
  readonly letter: "A" | "M" | "D" | "R";
  readonly path: string;
  /** The current path of something that is renamed. */
  readonly from?: string;
}

/** A dialog or list over the panels. */
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
  /** Changes of a plan in the panels; the question comes back with the view that it was asked in. */
  | { readonly kind: "preview"; readonly plan: Plan; readonly asked: View }
  | { readonly kind: "review"; readonly review: Review }
  | { readonly kind: "listing"; readonly listing: Listing }
  | { readonly kind: "mark" }
  | { readonly kind: "places"; readonly row: number }
  | { readonly kind: "breakpoints"; readonly row: number }
  /** The call of the running program that is held, or that nothing is. */
  | { readonly kind: "held"; readonly first: number }
  | { readonly kind: "failure"; readonly title: Printable; readonly text: Printable };

export interface Main {
  readonly tab: Tab;
  readonly form: "text" | "bytes";
  /** The place in the visible tab, for the file and tab in `of`. */
  readonly place: Place;
  readonly of: string;
  /** Cells that are scrolled out at the left. */
  readonly left: number;
}

export interface Tree {
  /** Paths of open directories; those above the selected path are always open. */
  readonly open: ReadonlySet<string>;
  readonly first: number;
}

/** Everything that the screen is drawn from, besides the recording. */
export interface State {
  /** Signs that this terminal can show. */
  readonly glyphs: Glyphs;
  readonly background: Background;
  readonly size: Size;
  /** The last event that this screen knows of. */
  readonly head: Seq;
  /** The one moment that every panel shows: just after this event; 0 is before the first. */
  readonly cursor: Seq;
  /** The moment that the costly panels show: the cursor, or its place before keys began to come fast. */
  readonly settled: Seq;
  readonly mode: Mode;
  /** Events a second, played or received while following. */
  readonly speed: number;
  readonly rate: number;
  /** Moments left by jumps, the last one last; and those that were gone back from. */
  readonly visited: readonly Seq[];
  readonly ahead: readonly Seq[];
  readonly focus: PanelName;
  readonly zoom: Zoom;
  /** The selected path in the tree, which the main panel shows. */
  readonly path: string;
  /** The path that was selected at the settled moment. */
  readonly shownPath: string;
  readonly timelineFirst: number;
  readonly tree: Tree;
  readonly main: Main;
  readonly edits: Edits;
  readonly pin?: Seq;
  readonly filter?: Filter;
  readonly search?: Search;
  readonly breakpoints: readonly Breakpoint[];
  /** The running program that this debugger is attached to. */
  readonly live?: Live;
  /** Events that breakpoints stop at, found so far. */
  readonly hits?: Hits;
  /** The last stop of a run, and its breakpoint. */
  readonly stop?: { readonly seq: Seq; readonly breakpoint: Breakpoint };
  readonly overlay?: Overlay;
  /** The list that was left last for one of its rows. */
  readonly kept?: Listing;
  readonly job?: Job;
  /** Bytes of the text in the main panel that were read so far, if that is not all. */
  readonly read?: number;
  /** Work to wait for before the costly panels can show this moment. */
  readonly replay?: "states" | "snapshots";
  readonly toast?: Toast;
}

/** The moment and the places that the panels show. */
export type View = Pick<
  State,
  | "cursor"
  | "settled"
  | "mode"
  | "pin"
  | "path"
  | "focus"
  | "zoom"
  | "timelineFirst"
  | "tree"
  | "main"
>;

export interface Start {
  /** A UTF-8 terminal's by default. */
  readonly glyphs?: Glyphs;
  /** Dark by default. */
  readonly background?: Background;
  readonly size: Size;
  readonly head: Seq;
  readonly cursor: Seq;
  readonly mode: Mode;
}

export function initialState({
  size,
  head,
  cursor,
  mode,
  glyphs = unicode,
  background = "dark",
}: Start): State {
  return {
    glyphs,
    background,
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
    shownPath: "/",
    timelineFirst: Math.max(0, cursor - 8),
    tree: { open: new Set(["/"]), first: 0 },
    main: { tab: "diff", form: "text", place: { row: 0, first: 0 }, of: "", left: 0 },
    edits: "saves",
    breakpoints: [],
  };
}

/** Returns the path that the costly panels show. */
export function pathIn({ settled, cursor, path, shownPath }: State): string {
  return settled === cursor ? path : shownPath;
}

/** Removes fields: an optional field is absent, not undefined. */
export function without<
  Key extends "pin" | "filter" | "search" | "overlay" | "job" | "replay" | "toast" | "live",
>(state: State, ...keys: readonly Key[]): State {
  const copy: { -readonly [Field in keyof State]: State[Field] } = { ...state };
  for (const key of keys) delete copy[key];
  return copy;
}

/** Returns the visible rows of the timeline. */
export function timelineHeight(state: State): number {
  return listHeight(layout(state.size, state.focus, state.zoom), "timeline");
}

/**
 * Returns the number of the timeline's rows: one for each event and one for the moment before the first, or the
 * matches.
 */
export function timelineCount({ head, filter }: State): number {
  return filter === undefined ? head + 1 : filter.matches.count;
}

/** Returns the moment of a row. */
export function seqOfRow({ filter }: State, row: number): Seq {
  return filter === undefined ? (row as Seq) : filter.matches.at(row);
}

/** Returns the row of the moment that is shown, or of the last match before it; -1 if there is none. */
export function timelineRow({ filter, cursor }: State): number {
  return filter === undefined ? cursor : filter.matches.rowOf(cursor);
}
