import { listingArea } from "../draw/listing-layout.ts";
import { reviewLayout } from "../draw/review-layout.ts";
import type { Pointer } from "../state/pointer.ts";
import type { Recording } from "../recording/recording.ts";
import { rowsOf } from "../state/review.ts";
import type { Overlay, State } from "../state/state.ts";
import { overlayKey } from "./overlay.ts";
import { type Step, done } from "./step.ts";

/** Answers the mouse while something is over the panels: the wheel moves, a click selects, a second one opens. */
export function overlayPointed(
  state: State,
  overlay: Overlay,
  pointer: Pointer,
  recording: Recording,
): Step {
  if (pointer.did !== "press" && !scrolling.has(overlay.kind)) return done(state);
  switch (pointer.did) {
    case "wheel-up":
      return key(state, "up", recording);
    case "wheel-down":
      return key(state, "down", recording);
    case "press":
      return pressed(state, overlay, pointer, recording);
    case "drag":
      return done(state);
  }
}

/** Overlays in which the wheel moves something; another key would answer or close the rest. */
const scrolling: ReadonlySet<Overlay["kind"]> = new Set<Overlay["kind"]>([
  "keys",
  "listing",
  "review",
  "places",
  "breakpoints",
  "preview",
]);

function pressed(
  state: State,
  overlay: Overlay,
  { column, row }: Pointer,
  recording: Recording,
): Step {
  if (overlay.kind === "listing") {
    const { listing } = overlay;
    const headers = listing.question.of === "files" ? 2 : 0;
    const at = listing.place.first + row - listingArea(state.size).top - 1 - headers;
    if (at < listing.place.first || at >= listing.rows.length) return done(state);
    if (at === listing.place.row) return key(state, "enter", recording);
    const place = { ...listing.place, row: at };
    return done({ ...state, overlay: { ...overlay, listing: { ...listing, place } } });
  }
  if (overlay.kind === "review" && overlay.review.step === "choose") {
    const { review } = overlay;
    const { list } = reviewLayout(state.size);
    const at = review.place.first + row - list.top - 1;
    const isInside = column < list.left + list.width && at >= review.place.first;
    if (!isInside || at >= rowsOf(review).length) return done(state);
    if (at === review.place.row) return key(state, "space", recording);
    const place = { ...review.place, row: at };
    return done({ ...state, overlay: { ...overlay, review: { ...review, place, diffFirst: 0 } } });
  }
  return done(state);
}

function key(state: State, token: string, recording: Recording): Step {
  return overlayKey(state, token, recording) ?? done(state);
}
