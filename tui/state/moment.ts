import { type Event, type Move, movesOf, type Seq } from "../../journal/index.ts";
import { pathOf } from "../../src/fs/index.ts";
import { type Recording, inodeNumbered } from "../recording/recording.ts";
import type { State } from "./state.ts";

/** Number of moments kept for going back. */
const mostVisited = 100;

/** Goes to a moment, which ends following the live end. */
export function goTo(
  state: State,
  recording: Recording,
  wanted: number,
  how: "step" | "jump" = "step",
): State {
  const cursor = Math.max(recording.first(), Math.min(wanted, state.head)) as Seq;
  const visited =
    how === "jump" && cursor !== state.cursor
      ? [...state.visited, state.cursor].slice(-mostVisited)
      : state.visited;
  return withPath(
    {
      ...state,
      cursor,
      visited,
      ahead: how === "jump" ? [] : state.ahead,
      mode: { kind: "paused", known: knownAt(cursor, state) },
    },
    recording,
    state,
  );
}

/** Counts everything up to a moment that the reader has visited as known. */
function knownAt(cursor: Seq, { mode, head }: State): Seq {
  if (mode.kind === "live") return head;
  return Math.max(mode.known, cursor) as Seq;
}

/** Moves along with a run that goes on: neither playing nor following stops. */
export function carriedTo(state: State, recording: Recording, cursor: Seq): State {
  return withPath({ ...state, cursor }, recording, state);
}

/**
 * Selects the path: with the focus on the timeline, the one the event concerns; otherwise the reader watches one path,
 * through renames.
 */
function withPath(state: State, recording: Recording, before: State): State {
  const event = recording.event(state.cursor);
  if (state.focus === "timeline") {
    const path = event === undefined ? undefined : pathShownAt(recording, event);
    return path === undefined ? state : { ...state, path };
  }
  if (state.cursor === before.cursor + 1 && event !== undefined)
    return { ...state, path: moved(state.path, movesOf(event)) };
  if (state.cursor !== before.cursor - 1) return state;
  const undone = recording.event(before.cursor);
  if (undone === undefined) return state;
  const back = movesOf(undone).map(({ ino, from, to }) => ({ ino, from: to, to: from }));
  return { ...state, path: moved(state.path, back) };
}

function moved(path: string, moves: readonly Move[]): string {
  const move = moves.find(({ from }) => path === from || path.startsWith(`${from}/`));
  return move === undefined ? path : move.to + path.slice(move.from.length);
}

/** Returns the path that an event concerns, just after it; undefined if it concerns none in the tree. */
export function pathOfEvent(event: Event): string | undefined {
  if (event.kind === "rename" || event.kind === "exchange") return event.to;
  return "ino" in event ? event.path : undefined;
}

/** A run of more events is not listed as a whole unless asked for; this many take a tenth of a second. */
const mostTold = 100_000;

/** Returns the path that the panels show for an event: at the start or end of a run and at a mark, all files. */
export function pathShownAt(recording: Recording, event: Event): string | undefined {
  if (!isAboutAll(event)) return pathOfEvent(event);
  return tellsRun(recording, event) ? "/" : undefined;
}

function isAboutAll({ kind }: Event): boolean {
  return kind === "run-start" || kind === "run-end" || kind === "mark";
}

/** Tells if all changes of a run up to an event are listed without being asked for. */
export function tellsRun(recording: Recording, event: Event): boolean {
  return isAboutAll(event) && event.seq - beforeRun(recording, event.seq) <= mostTold;
}

/** Returns the moment just before the run of an event, or the last run until then, began. */
export function beforeRun(recording: Recording, at: Seq): Seq {
  const first = recording.runAt(at)?.first ?? 1;
  return Math.max(0, Math.min(first - 1, at)) as Seq;
}

/** Goes to an event that touched the path that is shown, and to the path that it then had. */
export function goToTouching(state: State, recording: Recording, seq: Seq): State {
  const event = recording.event(seq);
  const next = goTo(state, recording, seq);
  if (event === undefined || !("ino" in event)) return next;
  const inode = inodeNumbered(recording, event.ino, seq);
  const own =
    inode === undefined || inode.names.length === 0
      ? undefined
      : pathOf(recording.tree(seq), inode.ino);
  return { ...next, path: own ?? pathOfEvent(event) ?? state.path };
}
