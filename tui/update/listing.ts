import { joined, phrase, words } from "../../src/text/index.ts";
import { seqText } from "../draw/event-text.ts";
import { listingHeight } from "../draw/listing-layout.ts";
import { clampRow, follow } from "../draw/window.ts";
import { type Recording, touching } from "../recording/recording.ts";
import { lastThere } from "../../src/history/index.ts";
import { type Answer, type ListRow, type Question, isSameQuestion } from "../recording/question.ts";
import { type Listing, emptyListing } from "../state/listing.ts";
import { goTo, goToTouching } from "../state/moment.ts";
import { type State, without } from "../state/state.ts";
import { type Step, done } from "./step.ts";
import { typed } from "./typing.ts";

/** Opens a list: the one that was left, if it answers the same question about the same journal. */
export function openListing(state: State, question: Question): Step {
  const { kept, head } = state;
  if (kept !== undefined && kept.head === head && isSameQuestion(kept.question, question))
    return done(showing(state, kept));
  return done(showing(state, emptyListing(question, head)), { kind: "ask", question, head });
}

/** Handles a key while a list is open. */
export function listingKey(
  state: State,
  listing: Listing,
  token: string,
  recording: Recording,
): Step {
  const { rows, place, question } = listing;
  const height = heightOf(state, question);
  const page = Math.max(1, height - 1);
  const to = (row: number): Step => done(showing(state, moved(listing, row, height)));
  switch (token) {
    case "escape":
      return done(without(state, "overlay"), { kind: "stop-asking" });
    case "enter": {
      const row = rows[place.row];
      if (row === undefined) return done(state);
      const closed = { ...without(state, "overlay"), ...keptOf(listing) };
      return done(opened(closed, row, recording), { kind: "stop-asking" });
    }
    case "down":
    case "ctrl+n":
      return to(place.row + 1);
    case "up":
    case "ctrl+p":
      return to(place.row - 1);
    case "home":
      return to(0);
    case "end":
      return to(rows.length - 1);
    case "ctrl+f":
    case "pagedown":
      return to(place.row + page);
    case "ctrl+b":
    case "pageup":
      return to(place.row - page);
  }
  if (question.of === "files") {
    const text = typed(question.text, token);
    return text === question.text ? done(state) : openListing(state, { ...question, text });
  }
  switch (token) {
    case "j":
      return to(place.row + 1);
    case "k":
      return to(place.row - 1);
    case "g":
      return to(0);
    case "G":
      return to(rows.length - 1);
    case "ctrl+d":
      return to(place.row + Math.ceil(page / 2));
    case "ctrl+u":
      return to(place.row - Math.ceil(page / 2));
    case "q":
      return done(without(state, "overlay"), { kind: "stop-asking" });
    default:
      return done(state);
  }
}

/** Shows a part of an answer, if its list is still open. */
export function answered(state: State, { question, ...part }: Answer): State {
  const { overlay } = state;
  if (overlay?.kind !== "listing") return state;
  const { listing } = overlay;
  if (!isSameQuestion(listing.question, question)) return state;
  const next = { ...listing, ...part };
  return showing(state, moved(next, next.place.row, heightOf(state, question)));
}

/** Keeps a list for the next time, unless it answers too fast to be worth it, or only in part. */
function keptOf(listing: Listing): Pick<State, "kept"> {
  return listing.question.of !== "files" && listing.searched === "all" ? { kept: listing } : {};
}

function opened(state: State, row: ListRow, recording: Recording): State {
  switch (row.kind) {
    case "finding": {
      const { path, seq } = row.finding;
      const next = atRow(state, recording, seq, path);
      return { ...next, toast: wayBack("i") };
    }
    case "line": {
      const next = atRow(state, recording, row.seq, row.path);
      return { ...next, toast: wayBack("t") };
    }
    case "file":
      return atFile(state, recording, row.path);
  }
}

function wayBack(key: "i" | "t") {
  const list =
    key === "i" ? words("i goes back to the findings,") : words("t goes back to the list,");
  return { kind: "done", text: joined([list, words("^o to where you were.")]) } as const;
}

/** Goes to an event and selects it, so that restoring puts back what was before it. Shows what it did to the path. */
function atRow(state: State, recording: Recording, seq: number, path: string): State {
  const there = goTo(state, recording, seq, "jump");
  const event = recording.event(there.cursor);
  const isInTree = event !== undefined && "ino" in event;
  const next = isInTree ? goToTouching(there, recording, there.cursor) : there;
  const shown = isInTree || recording.inodeAt(path, there.cursor) === undefined ? next.path : path;
  const tab = event?.kind === "fail" ? "event" : "diff";
  return { ...next, path: shown, focus: "timeline", main: { ...next.main, tab, left: 0 } };
}

/** Selects a file; one that is not there at this moment, at the event that removed it, or that made it. */
function atFile(state: State, recording: Recording, path: string): State {
  const selected = { ...state, path, focus: "tree" } as const;
  const { cursor } = state;
  if (recording.inodeAt(path, cursor) !== undefined) return selected;
  const last = lastThere(recording.history, path, cursor);
  const next = last === undefined ? touching(recording, path, cursor, "after") : undefined;
  const target = last === undefined ? next : last + 1;
  if (target === undefined) return selected;
  const text =
    last === undefined
      ? phrase`It is not there yet: here, at ${seqText(target)}, it came to be. ^o goes back.`
      : phrase`It is gone since here, ${seqText(target)}; r brings it back, ^o goes back.`;
  return { ...goTo(selected, recording, target, "jump"), path, toast: { kind: "done", text } };
}

function heightOf({ size }: State, { of }: Question): number {
  return listingHeight(size, of === "files" ? 2 : 0);
}

function moved(listing: Listing, to: number, height: number): Listing {
  const row = clampRow(to, listing.rows.length);
  const { first } = follow({ first: listing.place.first, height }, row, listing.rows.length);
  return { ...listing, place: { row, first } };
}

function showing(state: State, listing: Listing): State {
  return { ...state, overlay: { kind: "listing", listing } };
}
