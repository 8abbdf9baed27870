import type { Seq } from "../../journal/index.ts";
import { joined, printable, words } from "../../src/text/index.ts";
import { type Recording, saveAround, touching } from "../recording/recording.ts";
import type { Criteria } from "../state/find.ts";
import { noMatches } from "../state/matches.ts";
import { goTo, goToTouching } from "../state/moment.ts";
import type { Direction } from "../state/scan.ts";
import { type Search, type State, seqOfRow, timelineCount, timelineRow } from "../state/state.ts";
import { searchInRows } from "./found-rows.ts";
import { type Step, done, warn } from "./step.ts";

/** Moves one event forward or back: of a filter's matches, if there is one. */
export function step(state: State, recording: Recording, by: -1 | 1): Step {
  if (state.filter !== undefined) return stepShown(state, recording, by);
  if (by < 0 && state.cursor === 0) return warn(state, words("This is before the first event."));
  if (by > 0 && state.cursor === state.head)
    return warn(state, words("This is the last event; F follows what comes."));
  return done(goTo(state, recording, state.cursor + by));
}

function stepShown(state: State, recording: Recording, by: -1 | 1): Step {
  const row = timelineRow(state);
  const isBetween = row >= 0 && seqOfRow(state, row) !== state.cursor;
  const to = by < 0 && isBetween ? row : row + by;
  if (to >= 0 && to < timelineCount(state))
    return done(goTo(state, recording, seqOfRow(state, to)));
  const where = by < 0 ? words("No match before this;") : words("No match after this;");
  return warn(state, joined([where, words("Esc clears the filter.")]));
}

/** Goes to the next or previous edit of the path that is shown; for a directory, of anything in it. */
export function stepOnPath(state: State, recording: Recording, direction: Direction): Step {
  const { path, cursor } = state;
  if (recording.inodeAt(path, state.settled)?.type === "directory") {
    const criteria: Criteria = { paths: [{ kind: "below", path }], not: [] };
    return done(state, {
      kind: "scan",
      scan: { kind: "search", criteria, from: cursor, direction, reach: "to the end" },
    });
  }
  const seq = nextEdit(state, recording, direction);
  if (seq !== undefined) return done(goToTouching(state, recording, seq));
  const where = direction === "forward" ? words("No later event") : words("No earlier event");
  return warn(state, joined([where, words("touches"), printable(path)]));
}

/** Finds the next edit of the path that is shown: the end of a save, and never the visible one. */
function nextEdit(
  { path, cursor, edits }: State,
  recording: Recording,
  direction: Direction,
): Seq | undefined {
  const way = direction === "forward" ? "after" : "before";
  if (edits === "events") return touching(recording, path, cursor, way);
  const here = saveAround(recording, cursor);
  if (direction === "forward" && here !== undefined && cursor < here.last) return here.last;
  const from = direction === "reverse" && here !== undefined ? here.first : cursor;
  const seq = touching(recording, path, from, way);
  return seq === undefined ? undefined : (saveAround(recording, seq)?.last ?? seq);
}

/** Runs to an event that a breakpoint stops at. */
export function run(state: State, direction: Direction): Step {
  if (state.live !== undefined && state.live.held.length > 0 && direction === "forward")
    return warn(state, words("The program is held: p shows its call, and c there lets it run on."));
  if (state.breakpoints.length === 0)
    return warn(state, words("No breakpoints yet: b sets one on this row, B adds any."));
  const scan = {
    kind: "run",
    breakpoints: state.breakpoints,
    edits: state.edits,
    from: state.cursor,
    direction,
  } as const;
  return done(state, { kind: "scan", scan });
}

/** Goes to the next match of the last search, around the ends of the journal. */
export function again(state: State, direction: Direction, recording: Recording): Step {
  const { search } = state;
  if (search === undefined) return warn(state, words("Nothing to look for yet: / searches."));
  return search.kind === "events"
    ? startSearch(state, search, direction)
    : searchInRows(state, search.text, direction, recording);
}

/** Looks for the nearest match in a direction. */
export function startSearch(
  state: State,
  search: Extract<Search, { kind: "events" }>,
  direction: Direction,
): Step {
  const { criteria } = search;
  return done(
    { ...state, search },
    {
      kind: "scan",
      scan: { kind: "search", criteria, from: state.cursor, direction, reach: "around" },
    },
  );
}

/** Shows only the events that match, as they are found. */
export function startFilter(state: State, text: string, criteria: Criteria): Step {
  const from = state.cursor;
  return done(
    {
      ...state,
      focus: "timeline",
      timelineFirst: 0,
      filter: {
        text,
        criteria,
        matches: noMatches,
        scanned: 0,
        head: state.head,
        state: "running",
      },
    },
    { kind: "scan", scan: { kind: "filter", criteria, from } },
  );
}

/** Multiplies the playing speed. */
export function speed(state: State, by: number): Step {
  const next = Math.max(1, Math.min(1_024, state.speed * by));
  return done({
    ...state,
    speed: next,
    toast: { kind: "done", text: printable(`Plays ${next} events a second.`) },
  });
}
