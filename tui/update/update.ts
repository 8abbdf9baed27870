import type { Seq } from "../../journal/index.ts";
import { RevisionError } from "../../src/history/index.ts";
import { formatCount, printable, words } from "../../src/text/index.ts";
import { arrange } from "../rows/arrange.ts";
import type { Context } from "../keys/bindings.ts";
import { act } from "./act.ts";
import type { Message } from "../state/effect.ts";
import { type Criteria, matcherFor } from "../state/find.ts";
import { commandFor } from "../keys/keymap.ts";
import { noMatches } from "../state/matches.ts";
import { carriedTo, goTo } from "../state/moment.ts";
import { pointed } from "./mouse.ts";
import { overlayKey, pasted } from "./overlay.ts";
import type { Recording } from "../recording/recording.ts";
import { type Step, done, warn } from "./step.ts";
import { withFindings } from "../state/review.ts";
import { type Progress, type Scan, stops } from "../state/scan.ts";
import { type Hits, type State, without } from "../state/state.ts";
import { atFoundRow } from "./found-rows.ts";
import { toldOf } from "./found.ts";
import { liveTold, withBreakpoints } from "./held.ts";
import { answered } from "./listing.ts";
import { alreadySo } from "../state/whereabouts.ts";

/** Returns the new state after a message, and effects. Pure except for reading the recording. */
export function update(state: State, message: Message, recording: Recording): Step {
  const { state: next, effects } = withBreakpoints(react(state, message, recording), state);
  const isBurst = message.kind === "key" && message.pace === "burst";
  const settled = withShownPath(isBurst ? next : settle(next, recording));
  return { state: arrange(settled, recording, state), effects };
}

/** Lets the costly panels show the moment, or say that they will take a while. */
function settle(state: State, recording: Recording): State {
  if (state.settled === state.cursor && state.replay === undefined) return state;
  switch (recording.nearness(state.cursor)) {
    case "at hand":
      return { ...without(state, "replay"), settled: state.cursor };
    case "near":
      return state;
    case "far":
      return { ...state, replay: state.replay ?? "states" };
  }
}

/** The panels that show an earlier moment show its path, too. */
function withShownPath(state: State): State {
  const isOther = state.settled === state.cursor && state.shownPath !== state.path;
  return isOther ? { ...state, shownPath: state.path } : state;
}

function react(state: State, message: Message, recording: Recording): Step {
  switch (message.kind) {
    case "key":
      return key(without(state, "toast"), message.token, recording);
    case "paste":
      return pasted(state, message.text);
    case "mouse":
      return pointed(without(state, "toast"), message, recording);
    case "read":
      return done({ ...state, read: message.bytes });
    case "background":
      return done(
        message.background === state.background
          ? state
          : { ...state, background: message.background },
      );
    case "resize":
      return done({ ...state, size: { columns: message.columns, rows: message.rows } });
    case "grew":
      return done(grown({ ...state, head: message.head, rate: message.rate }, recording));
    case "idle":
      return done({ ...state, rate: 0 });
    case "played":
      return done(played(state, message.events, recording));
    case "settle":
      return done(state);
    case "attached":
    case "detached":
    case "holding":
    case "held":
    case "withdrawn":
      return liveTold(state, message);
    case "preparing":
      return done({ ...state, replay: "snapshots" });
    case "scanned":
      return done(scanned(state, message.scan, message.progress, recording));
    case "hits":
      return done(alsoHit({ ...state, hits: message.hits }, recording));
    case "counted":
      return done(counted(state, message, recording));
    case "planned":
      return message.plan.events === 0
        ? warn(state, alreadySo(recording, message.plan.path, message.plan.to))
        : done({ ...state, overlay: { kind: "plan", plan: message.plan } });
    case "answered":
      return done(answered(state, message.answer));
    case "reviewing":
      return done({ ...state, overlay: { kind: "review", review: message.review } });
    case "found": {
      const { overlay } = state;
      if (overlay?.kind !== "review" || overlay.review.head !== message.head) return done(state);
      const review = withFindings(overlay.review, message.findings);
      return done({ ...state, overlay: { kind: "review", review } });
    }
    case "applied":
      return done(known(without(state, "overlay"), message, recording));
    case "marked":
      return done(known(state, message, recording));
    case "carried-out":
      return done({
        ...goTo({ ...state, head: message.head }, recording, message.head, "jump"),
        toast: message.toast,
      });
    case "not-saved": {
      const { target: text, why: error } = message;
      return done({
        ...state,
        overlay: { kind: "prompt", for: "save", text, cursor: text.length, error },
      });
    }
    case "told":
      return done({ ...state, toast: message.toast });
    case "failed":
      return done({
        ...state,
        overlay: { kind: "failure", title: message.title, text: message.text },
      });
  }
}

/** Counts the reader's own additions to the journal as known. */
function known(
  state: State,
  { head, toast }: Pick<Extract<Message, { kind: "marked" }>, "head" | "toast">,
  recording: Recording,
): State {
  const { mode } = state;
  const added = head - state.head;
  const next = mode.kind === "live" ? mode : { ...mode, known: (mode.known + added) as Seq };
  return grown({ ...state, mode: next, head, toast }, recording);
}

function key(state: State, token: string, recording: Recording): Step {
  const over = overlayKey(state, token, recording);
  if (over !== undefined) return over;
  const contexts: readonly Context[] = [state.focus, "list", "everywhere"];
  const command = commandFor(token, contexts);
  if (command === undefined) return token === "X" ? endsWhere(state) : done(state);
  try {
    return act(command, state, recording);
  } catch (error) {
    if (error instanceof RevisionError) return warn(state, printable(error.message));
    throw error;
  }
}

/** Tells where a program that is held can be ended: not by one key while its call is out of sight. */
function endsWhere(state: State): Step {
  const isHeld = state.live !== undefined && state.live.held.length > 0;
  return isHeld
    ? warn(state, words("The program is held: p shows its call, and X there ends it."))
    : done(state);
}

/** Handles new events: the moment moves along only while following. */
function grown(before: State, recording: Recording): State {
  const state = alsoCounted(alsoHit(alsoFiltered(before, recording), recording), recording);
  return state.mode.kind === "live" ? carriedTo(state, recording, state.head) : state;
}

/** Filters events that came after the filter was done. */
function alsoFiltered(state: State, recording: Recording): State {
  const { filter, head } = state;
  if (filter?.state !== "done" || filter.head >= head) return state;
  const found = matchingSince(recording, filter.criteria, filter.head, head);
  const looked = { scanned: filter.scanned + head - filter.head, head };
  return { ...state, filter: { ...filter, ...looked, matches: filter.matches.and(found) } };
}

function alsoHit(state: State, recording: Recording): State {
  const criteria = stops(state.breakpoints);
  if (state.hits === undefined || criteria === undefined) return state;
  return { ...state, hits: upTo(state.head, state.hits, criteria, recording) };
}

function alsoCounted(state: State, recording: Recording): State {
  const { search } = state;
  if (search?.kind !== "events" || search.hits === undefined) return state;
  const hits = upTo(state.head, search.hits, search.criteria, recording);
  return { ...state, search: { ...search, hits } };
}

/** Adds the matches among events that came since. */
function upTo(head: Seq, hits: Hits, criteria: Criteria, recording: Recording): Hits {
  if (hits.head >= head) return hits;
  const found = matchingSince(recording, criteria, hits.head, head);
  return { matches: hits.matches.and(found), head };
}

/** Keeps the matches of a search that is still on. */
function counted(
  state: State,
  { criteria, hits }: Extract<Message, { kind: "counted" }>,
  recording: Recording,
): State {
  const { search } = state;
  if (search?.kind !== "events" || search.criteria !== criteria) return state;
  return alsoCounted({ ...state, search: { ...search, hits } }, recording);
}

function matchingSince(
  recording: Recording,
  criteria: Criteria,
  known: Seq,
  head: Seq,
): readonly Seq[] {
  return recording.journal
    .events((known + 1) as Seq, head)
    .filter(matcherFor(criteria, recording.isBy))
    .map(({ seq }) => seq);
}

function played(state: State, events: number, recording: Recording): State {
  if (state.mode.kind !== "playing") return state;
  const { matches } = state.filter ?? {};
  if (matches === undefined) {
    const cursor = Math.min(state.head, state.cursor + events);
    return cursor === state.head
      ? goTo(state, recording, cursor)
      : carriedTo(state, recording, cursor as typeof state.cursor);
  }
  const row = Math.min(matches.count - 1, matches.rowOf(state.cursor) + events);
  if (row < 0 || matches.at(row) <= state.cursor) return goTo(state, recording, state.cursor);
  return carriedTo(state, recording, matches.at(row));
}

function scanned(state: State, scan: Scan, progress: Progress, recording: Recording): State {
  if (scan.kind === "filter") return alsoFiltered(filtered(state, progress), recording);
  if (!progress.isDone) {
    const title = scan.kind === "run" ? words("Running") : words("Searching");
    const of = scan.kind === "rows" ? words("rows") : words("events");
    return { ...state, job: { title, of, scanned: progress.scanned, total: progress.total } };
  }
  const rest = without(state, "job");
  if (scan.kind === "rows") return atFoundRow(rest, scan, progress, recording);
  const toast = toldOf(scan, progress, state);
  const { found, stop } = progress;
  if (found === undefined) return { ...rest, ...(toast === undefined ? {} : { toast }) };
  const isOwn = stop !== undefined && !state.breakpoints.includes(stop);
  const arrived = goTo(rest, recording, found, "jump");
  return {
    ...arrived,
    // A row that was followed is shown with its change.
    ...(isOwn ? { main: { ...arrived.main, tab: "diff" } } : {}),
    ...(stop === undefined ? {} : { stop: { seq: found, breakpoint: stop } }),
    ...(toast === undefined ? {} : { toast }),
  };
}

function filtered(state: State, { scanned, isDone, matches = noMatches }: Progress): State {
  const { filter } = state;
  if (filter === undefined) return state;
  // Matches are found at both ends: the visible ones keep their place.
  const row = filter.matches.rowOf(state.cursor);
  const moved = matches.rowOf(state.cursor) - row;
  const next: State = {
    ...state,
    timelineFirst: Math.max(0, state.timelineFirst + (row < 0 ? 0 : moved)),
    filter: { ...filter, matches, scanned, state: isDone ? "done" : "running" },
  };
  if (!isDone || matches.count > 0) return next;
  return {
    ...next,
    toast: {
      kind: "warning",
      text: printable(`No event matches; looked at all ${formatCount(scanned)}.`),
    },
  };
}
