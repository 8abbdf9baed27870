import { RevisionError } from "../../src/history/index.ts";
import { type Printable, printable, words } from "../../src/text/index.ts";
import { act } from "./act.ts";
import { commands } from "./commands.ts";
import { reviewKey } from "./review.ts";
import { type Step, done } from "./step.ts";
import { isCharacter, typed } from "./typing.ts";
import { heldKey } from "./held.ts";
import { listingKey, openListing } from "./listing.ts";
import { toLine } from "./to-line.ts";
import { patternOf } from "../recording/question.ts";
import { searchInRows } from "./found-rows.ts";
import { startFilter, startSearch } from "./through-time.ts";
import { seqText } from "../draw/event-text.ts";
import { previewKey, previewOf } from "./preview.ts";
import type { Breakpoint } from "../state/breakpoint.ts";
import { parseCriteria } from "../state/find.ts";
import { type Target, onDayOf, parseTarget } from "./go-to.ts";
import { bindingsMatching } from "../keys/help.ts";
import { goTo } from "../state/moment.ts";
import type { Recording } from "../recording/recording.ts";
import { type Overlay, type State, without } from "../state/state.ts";

/** Handles a key while an overlay is open; undefined if none is. */
export function overlayKey(state: State, token: string, recording: Recording): Step | undefined {
  const { overlay } = state;
  if (overlay === undefined) return undefined;
  if (token === "ctrl+c") return commands.quit(state, recording);
  if (overlay.kind === "review") return reviewKey(state, overlay.review, token);
  if (overlay.kind === "listing") return listingKey(state, overlay.listing, token, recording);
  if (overlay.kind === "preview") return previewKey(state, overlay, token, recording);
  if (token === "escape") return done(without(state, "overlay"));
  switch (overlay.kind) {
    case "keys":
      return keysKey(state, overlay, token, recording);
    case "prompt":
      return promptKey(state, overlay, token, recording);
    case "plan":
      return planKey(state, overlay, token);
    case "mark":
      return markKey(state, token);
    case "places":
      return placesKey(state, overlay, token, recording);
    case "breakpoints":
      return breakpointsKey(state, overlay, token);
    case "held":
      return heldKey(state, token, overlay.first);
    case "failure":
      return token === "q" ? commands.quit(state, recording) : done(without(state, "overlay"));
  }
}

type Of<Kind extends Overlay["kind"]> = Extract<Overlay, { kind: Kind }>;

function keysKey(state: State, overlay: Of<"keys">, token: string, recording: Recording): Step {
  const found = bindingsMatching(overlay.text);
  const closed = without(state, "overlay");
  switch (token) {
    case "?":
      return done(closed);
    case "enter": {
      const [only] = found;
      return only === undefined || overlay.text === ""
        ? done(closed)
        : act(only.run, closed, recording);
    }
    case "down":
    case "ctrl+n":
      return done({ ...state, overlay: { ...overlay, first: overlay.first + 1 } });
    case "up":
      return done({ ...state, overlay: { ...overlay, first: Math.max(0, overlay.first - 1) } });
    case "pagedown":
      return done({ ...state, overlay: { ...overlay, first: overlay.first + 10 } });
    case "pageup":
      return done({ ...state, overlay: { ...overlay, first: Math.max(0, overlay.first - 10) } });
    default: {
      const text = typed(overlay.text, token);
      return done({ ...state, overlay: { ...overlay, text, first: 0 } });
    }
  }
}

function promptKey(state: State, overlay: Of<"prompt">, token: string, recording: Recording): Step {
  if (token === "enter") return accept(state, overlay, recording);
  const { text, cursor } = overlay;
  const edited = (next: string, at: number): Step => {
    const { error: _, ...rest } = overlay;
    return done({
      ...state,
      overlay: { ...rest, text: next, cursor: Math.max(0, Math.min(at, next.length)) },
    });
  };
  switch (token) {
    case "left":
    case "ctrl+b":
      return edited(text, cursor - 1);
    case "right":
    case "ctrl+f":
      return edited(text, cursor + 1);
    case "home":
    case "ctrl+a":
      return edited(text, 0);
    case "end":
    case "ctrl+e":
      return edited(text, text.length);
    case "ctrl+u":
      return edited(text.slice(cursor), 0);
    case "ctrl+k":
      return edited(text.slice(0, cursor), cursor);
    case "ctrl+w": {
      const kept = text.slice(0, cursor).replace(/\S+\s*$/, "");
      return edited(kept + text.slice(cursor), kept.length);
    }
    case "backspace":
      if (text === "") return done(without(state, "overlay"));
      return edited(text.slice(0, Math.max(0, cursor - 1)) + text.slice(cursor), cursor - 1);
    default: {
      const added = token === "space" ? " " : isCharacter(token) ? token : "";
      return edited(text.slice(0, cursor) + added + text.slice(cursor), cursor + added.length);
    }
  }
}

/** Inserts pasted text into a prompt or a search for files unchanged, on one line; it never runs commands. */
export function pasted(state: State, pasted: string): Step {
  const { overlay } = state;
  const added = pasted.replaceAll(/[\r\n\t]+/g, " ").toWellFormed();
  if (overlay?.kind === "listing" && overlay.listing.question.of === "files") {
    const { question } = overlay.listing;
    return openListing(state, { ...question, text: question.text + added.trim() });
  }
  if (overlay?.kind !== "prompt") return done(state);
  const { text, cursor } = overlay;
  return done({
    ...state,
    overlay: {
      ...overlay,
      text: text.slice(0, cursor) + added + text.slice(cursor),
      cursor: cursor + added.length,
    },
  });
}

function accept(state: State, overlay: Of<"prompt">, recording: Recording): Step {
  const closed = without(state, "overlay");
  const refuse = (error: Printable): Step => done({ ...state, overlay: { ...overlay, error } });
  const { text } = overlay;
  switch (overlay.for) {
    case "go-to": {
      const target = parseTarget(text);
      if (target === undefined) return done(closed);
      if (target.kind === "line") return toLine(closed, target.line, recording);
      const seq = seqOfTarget(target, state, recording);
      return typeof seq === "string" ? refuse(seq) : done(goTo(closed, recording, seq, "jump"));
    }
    case "search":
    case "search-back": {
      const parsed = parseCriteria(text);
      if (parsed.kind === "nothing") return done(without(closed, "search"));
      if (parsed.kind === "wrong") return refuse(parsed.message);
      const { criteria } = parsed;
      const direction = overlay.for === "search" ? "forward" : "reverse";
      return startSearch(closed, { kind: "events", text, criteria }, direction);
    }
    case "rows":
      if (text === "") return done(without(closed, "search"));
      return searchInRows(closed, text, "forward", recording);
    case "text":
      if (text === "") return done(closed);
      return patternOf(text) === undefined
        ? refuse(words("This is no regular expression; without the slashes it is a text."))
        : openListing(closed, { of: "text", text });
    case "filter": {
      const parsed = parseCriteria(text);
      if (parsed.kind === "nothing") return done(without(closed, "filter"), { kind: "stop-scan" });
      if (parsed.kind === "wrong") return refuse(parsed.message);
      return startFilter(closed, text, parsed.criteria);
    }
    case "breakpoint": {
      const breakpoint = readBreakpoint(text, state, recording);
      if (breakpoint === undefined) return done(closed);
      if (typeof breakpoint === "string") return refuse(breakpoint);
      const breakpoints = [...state.breakpoints, breakpoint];
      return done({
        ...closed,
        breakpoints,
        overlay: { kind: "breakpoints", row: breakpoints.length - 1 },
      });
    }
    case "save":
      if (text.trim() === "") return done(closed);
      return done(closed, { kind: "save", path: state.path, at: state.settled, target: text });
  }
}

/** Parses a typed breakpoint: events by what they did, or `bytes:100-200` of a file (the visible one). */
function readBreakpoint(
  text: string,
  state: State,
  recording: Recording,
): Breakpoint | Printable | undefined {
  const bytes = /^\s*bytes:(\d+)-(\d+)(?:\s+(?:path:)?(\S+))?\s*$/.exec(text);
  if (bytes === null) {
    const parsed = parseCriteria(text);
    if (parsed.kind === "nothing") return undefined;
    return parsed.kind === "wrong" ? parsed.message : { kind: "events", criteria: parsed.criteria };
  }
  const [start, end] = [Number(bytes[1]), Number(bytes[2])];
  if (end <= start) return words("bytes:START-END: the end comes behind the start");
  const path = bytes[3] ?? state.path;
  const inode = recording.inodeAt(path, state.settled);
  return inode?.type === "file"
    ? { kind: "bytes", ino: inode.ino, path, start, end, at: state.settled }
    : printable(`there is no file ${path} at this moment`);
}

function seqOfTarget(
  target: Exclude<Target, { kind: "line" }>,
  state: State,
  recording: Recording,
): number | Printable {
  const { cursor, head } = state;
  const here = recording.timeOf(cursor);
  switch (target.kind) {
    case "seq":
      return target.seq <= head ? target.seq : printable(`The last event is ${seqText(head)}.`);
    case "events":
      return cursor + target.count;
    case "span":
      return recording.journal.seqAtTime(here + target.nanoseconds);
    case "percent":
      return Math.round((head * target.percent) / 100);
    case "clock":
      return recording.journal.seqAtTime(onDayOf(here, target.milliseconds));
    case "revision":
      try {
        const mark = recording.marks().find(({ name }) => name === target.text);
        return mark?.at ?? recording.history.resolve(target.text);
      } catch (error) {
        if (!(error instanceof RevisionError)) throw error;
        return error.code === "syntax"
          ? noMoment(target.text)
          : printable(error.hint ?? error.message);
      }
  }
}

function noMoment(text: string): Printable {
  return printable(
    `"${text}" is not a moment: 412, #412, 14:03:07, -5s, 50%, +100, run:2 or a mark; L40 is a line`,
  );
}

function planKey(state: State, { plan }: Of<"plan">, token: string): Step {
  const closed = without(state, "overlay");
  if (token === "y") return done(closed, { kind: "carry-out", plan });
  if (token === "n") return done(closed);
  return done(token === "d" ? previewOf(state, plan) : state);
}

function markKey(state: State, token: string): Step {
  const closed = without(state, "overlay");
  if (!/^[\p{L}\p{N}]$/u.test(token)) return done(closed);
  return done(closed, { kind: "mark", name: token, at: state.cursor });
}

function placesKey(state: State, overlay: Of<"places">, token: string, recording: Recording): Step {
  const closed = without(state, "overlay");
  if (token === "'") return commands["jump-back"](closed, recording);
  const marks = recording.marks();
  if (token === "down" || token === "up") {
    const row = overlay.row + (token === "down" ? 1 : -1);
    return done({
      ...state,
      overlay: { ...overlay, row: Math.max(0, Math.min(row, marks.length - 1)) },
    });
  }
  const mark = token === "enter" ? marks[overlay.row] : marks.find(({ name }) => name === token);
  if (mark !== undefined) return done(goTo(closed, recording, mark.at, "jump"));
  return done({
    ...closed,
    toast: { kind: "warning", text: printable(`No mark is called ${token}.`) },
  });
}

function breakpointsKey(state: State, overlay: Of<"breakpoints">, token: string): Step {
  const { breakpoints } = state;
  const to = (row: number): Step =>
    done({
      ...state,
      overlay: { ...overlay, row: Math.max(0, Math.min(row, breakpoints.length - 1)) },
    });
  switch (token) {
    case "j":
    case "down":
      return to(overlay.row + 1);
    case "k":
    case "up":
      return to(overlay.row - 1);
    case "a":
      return done({
        ...state,
        overlay: { kind: "prompt", for: "breakpoint", text: "", cursor: 0 },
      });
    case "d": {
      const rest = breakpoints.filter((_, row) => row !== overlay.row);
      const row = Math.max(0, Math.min(overlay.row, rest.length - 1));
      return done({ ...state, breakpoints: rest, overlay: { ...overlay, row } });
    }
    case "B":
    case "q":
      return done(without(state, "overlay"));
    default:
      return done(state);
  }
}
