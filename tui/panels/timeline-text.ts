import type { Event, Seq } from "../../journal/index.ts";
import {
  formatClock,
  formatCount,
  joined,
  pad,
  phrase,
  type Printable,
  printable,
  styleOfKind,
  truncateEnd,
  widthOf,
  words,
} from "../../src/text/index.ts";
import { shortPath } from "../draw/cells.ts";
import { type EventText, eventText, seqText } from "../draw/event-text.ts";
import { type Matcher, formatCriteria, matcherFor } from "../state/find.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import type { Area } from "../draw/layout.ts";
import { type Line, type Span, guestSpans, span } from "../draw/line.ts";
import type { PanelText } from "../draw/panel-text.ts";
import type { Recording } from "../recording/recording.ts";
import { stopsAt } from "../state/scan.ts";
import {
  type Filter,
  type Search,
  type State,
  seqOfRow,
  timelineCount,
  timelineRow,
} from "../state/state.ts";
import type { Role } from "../draw/theme.ts";

/** Builds the timeline around the moment that is shown, one event to a row. */
export function timelineText(
  state: State,
  recording: Recording,
  area: Area,
  glyphs: Glyphs,
): PanelText {
  const height = area.height - 2;
  const count = timelineCount(state);
  const row = timelineRow(state);
  const isExact = row >= 0 && count > 0 && seqOfRow(state, row) === state.cursor;
  const empty = emptyText(state, glyphs);
  return {
    title: [span(words("1 Timeline"), "title")],
    corner: cornerText(state, area.width - titleCells, glyphs),
    headers: [],
    rows: empty ?? rowsOf(state, recording, area.width - 2, height, glyphs),
    cursor: isExact && empty === undefined ? row - state.timelineFirst : -1,
    footer: footerText(state, area.width),
  };
}

function rowsOf(
  state: State,
  recording: Recording,
  width: number,
  height: number,
  glyphs: Glyphs,
): Line[] {
  const stops = state.breakpoints.map((one) => stopsAt(one, recording.isBy));
  const isMatch =
    state.search?.kind === "events" ? matcherFor(state.search.criteria, recording.isBy) : undefined;
  const count = timelineCount(state);
  const first = recording.first();
  const lines: Line[] = [];
  for (
    let row = state.timelineFirst;
    row < Math.min(count, state.timelineFirst + height);
    row += 1
  ) {
    const seq = seqOfRow(state, row);
    const before = row === 0 ? undefined : recording.event(seqOfRow(state, row - 1));
    lines.push(
      rowOf(state, recording.event(seq), seq, { width, stops, isMatch, before, first, glyphs }),
    );
  }
  return lines;
}

interface Look {
  readonly width: number;
  readonly stops: readonly Matcher[];
  readonly isMatch: Matcher | undefined;
  /** The event of the row above. */
  readonly before: Event | undefined;
  /** The first moment that is left. */
  readonly first: Seq;
  readonly glyphs: Glyphs;
}

/** From this width on the milliseconds have a column. */
const roomForTime = 46;

function rowOf(state: State, event: Event | undefined, seq: Seq, look: Look): Line {
  const { glyphs, width, stops, isMatch, before } = look;
  const isHere = seq === state.cursor;
  const didStop = state.stop?.seq === seq && state.breakpoints.includes(state.stop.breakpoint);
  const doesStop = event !== undefined && (didStop || stops.some((stop) => stop(event)));
  const sign: Span =
    seq === state.pin
      ? span(glyphs.pin, "pin")
      : doesStop
        ? span(glyphs.breakpoint, "breakpoint")
        : span(words(" "));
  const digits = Math.max(3, formatCount(state.head).length);
  const number = pad(formatCount(seq), digits, "right");
  const start: Line = [span(isHere ? glyphs.cursor : words(" ")), sign];
  if (event === undefined)
    return [
      ...start,
      span(number, "dim"),
      seq > look.first
        ? span(words("  damaged: see rewindfs verify"), "refused")
        : look.first === 0
          ? span(words("  the beginning: nothing yet"), "dim")
          : span(words("  folded by gc"), "dim"),
    ];
  const { operation, amount, object, outcome } = eventText(event, glyphs);
  const role = roleOf(event);
  const [clock, gap] = timeOf(event, before, operation.length + amount.length, width);
  const fixed: Line = [
    ...start,
    span(number, isMatch?.(event) === true ? "match" : "dim"),
    span(clock, "dim"),
    span(operation, role),
    span(phrase`${pad(words(""), gap)}${amount} `, role === "refused" ? role : "dim"),
  ];
  const room = width - digits - widthOf(clock) - operation.length - gap - amount.length - 3;
  if (outcome !== undefined) return [...fixed, ...inVain(object, outcome, room, glyphs)];
  return [...fixed, ...guestSpans(shortened(event, object, room, glyphs), objectRole(event))];
}

/** Cells of a path that are left before the answer to a call gives way. */
const leastOfPath = 8;

/** Writes the path of a call that came to nothing, and as much of the answer as there is room for. */
function inVain(
  path: Printable,
  [answer, call]: NonNullable<EventText["outcome"]>,
  room: number,
  { cut }: Glyphs,
): Line {
  const whole = joined([answer, call]);
  if (widthOf(path) + 1 + widthOf(whole) <= room)
    return [...guestSpans(path), span(words(" ")), ...guestSpans(whole, "dim")];
  const left = room - 1 - widthOf(answer);
  if (left < Math.min(leastOfPath, widthOf(path))) return guestSpans(shortPath(path, room, cut));
  return [
    ...guestSpans(shortPath(path, left, cut)),
    span(words(" ")),
    ...guestSpans(answer, "dim"),
  ];
}

/** Cells of operation and amount, and how many of them they can give up. */
const whatCells = 16;
const lentCells = 4;

/**
 * Returns the milliseconds of an event; where a run begins or the second changes, the time of day instead, in cells
 * that operation and amount do not need. Returns the cells between these two as well.
 */
function timeOf(
  event: Event,
  before: Event | undefined,
  used: number,
  width: number,
): readonly [Printable, number] {
  const gap = Math.max(1, whatCells - used);
  if (width < roomForTime) return [words(" "), gap];
  const time = formatClock(event.time);
  const isNew =
    event.kind === "run-start" ||
    before === undefined ||
    formatClock(before.time).slice(0, 8) !== time.slice(0, 8);
  return isNew && gap > lentCells
    ? [phrase` ${printable(time.slice(0, 8))} `, gap - lentCells]
    : [phrase` ${printable(time.slice(8))} `, gap];
}

/** Shortens a path at its front, other text at its end: the rest says most. */
function shortened(event: Event, object: Printable, room: number, { cut }: Glyphs): Printable {
  return "ino" in event && event.kind !== "symlink" ? shortPath(object, room, cut) : object;
}

function roleOf({ kind }: Event): Role {
  const style = styleOfKind[kind];
  return style === "heading" ? "title" : style;
}

function objectRole({ kind }: Event): Role {
  return kind.startsWith("run-") ? "title" : "plain";
}

/** Builds the message of an empty timeline. */
function emptyText(state: State, { guest }: Glyphs): Line[] | undefined {
  const { filter } = state;
  if (state.head === 0)
    return [
      [],
      [span(words("  No events yet."))],
      [span(words("  Run a guest with:  rewindfs run -j FILE GUEST"), "dim")],
      [span(words("  F follows the journal as it grows."), "dim")],
    ];
  if (filter === undefined || filter.matches.count > 0) return undefined;
  const notice = [span(words("  No event matches  ")), ...guestSpans(guest(filter.text), "strong")];
  if (filter.state === "running")
    return [
      [],
      [span(words("  Looking for  ")), ...guestSpans(guest(filter.text), "strong")],
      [span(words("  Esc stops."), "dim")],
    ];
  return [
    [],
    notice,
    [span(phrase`  Looked at ${formatCount(filter.scanned)} events.`, "dim")],
    [span(words("  Esc clears the filter."), "dim")],
  ];
}

/** Cells of the title, of the corners and of what is around both. */
const titleCells = 18;

function cornerText({ filter, search, head, cursor }: State, room: number, glyphs: Glyphs): Line {
  if (filter !== undefined) {
    const percent = head === 0 ? 100 : Math.floor((100 * filter.scanned) / head);
    const progress =
      filter.state === "done"
        ? words("")
        : phrase` ${percent}%${words(filter.state === "stopped" ? " stopped" : "")}`;
    return shortText(filterText(filter, glyphs), progress, room, glyphs);
  }
  if (search?.kind === "events")
    return shortText(glyphs.guest(`/${search.text}`), placeText(search, cursor), room, glyphs);
  return [span(words("all events"), "dim")];
}

/** Returns a filter as it was typed. */
export function filterText({ text, criteria }: Filter, { guest }: Glyphs): Printable {
  return guest(text || formatCriteria(criteria));
}

/** Writes what is looked for, cut if there is no room, and all of what is told about it. */
function shortText(text: Printable, told: Printable, room: number, { cut }: Glyphs): Line {
  const shown = truncateEnd(text, Math.max(4, room - widthOf(told)), cut);
  return [...guestSpans(shown, "warning"), span(told, "warning")];
}

/** Tells which match this is: "3 of 17". */
function placeText({ hits }: Extract<Search, { kind: "events" }>, cursor: Seq): Printable {
  if (hits === undefined) return words("");
  const { matches } = hits;
  const row = matches.rowOf(cursor);
  const all = formatCount(matches.count);
  const isExact = row >= 0 && matches.at(row) === cursor;
  return isExact ? phrase` ${formatCount(row + 1)} of ${all}` : phrase` ${all}`;
}

function footerText(state: State, width: number): Line {
  const { filter, cursor, head } = state;
  if (filter !== undefined) {
    const row = filter.matches.rowOf(cursor);
    const all = formatCount(filter.matches.count);
    const isExact = row >= 0 && filter.matches.at(row) === cursor;
    return [
      span(
        isExact
          ? phrase`${formatCount(row + 1)} of ${all} matches`
          : phrase`${seqText(cursor)} comes after ${formatCount(row + 1)} of ${all} matches`,
        "dim",
      ),
    ];
  }
  const text = joined([formatCount(cursor), words("of"), formatCount(head)]);
  return [span(width < 30 ? seqText(cursor) : text, "dim")];
}
