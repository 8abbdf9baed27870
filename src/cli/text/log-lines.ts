import {
  type Event,
  type Journal,
  type Run,
  type RunNumber,
  isBeingWritten,
  redactedWrites,
} from "../../../journal/index.ts";
import {
  cutPath,
  formatClock,
  formatMoment,
  joined,
  line,
  pad,
  type Printable,
  printable,
  printableName,
  shortenedPath,
  type Shown,
  type Styled,
  styleOfKind,
  truncateEnd,
  widthOf,
} from "../../text/index.ts";
import { Processes, processWords } from "../../history/index.ts";
import { titleOf } from "../command/command-line.ts";
import type { Context } from "../command/context.ts";
import { type EventRow, eventRow } from "./event-row.ts";

export interface LogOptions {
  /** Writes to one file in a row, with the cut before them; "adjacent": where no other event is between them. */
  readonly streaks: "together" | "adjacent" | "apart";
  readonly runStarts: "shown" | "in the heading";
  /** Receives the first and the last event of each line, just after it is printed. */
  readonly onLine?: (first: Event, last: Event) => void;
}

/** Prints events as they come. */
export interface LogPrinter {
  add(event: Event): void;
  end(): void;
}

interface OpenStreak {
  readonly event: Event;
  last: Event;
  count: number;
  bytes: number;
  /** Number of redacted ones. */
  redacted: number;
}

/**
 * Prints a heading for each run, and below it a line for each event, for each streak of writes to one file, and for
 * each save.
 */
export function logPrinter(context: Context, journal: Journal, options: LogOptions): LogPrinter {
  const { out } = context;
  const isRedacted = redactedWrites(journal);
  const seqWidth = Math.max(3, String(journal.head()).length);
  const processes = new Processes(journal);
  let run: RunNumber | undefined;
  let streak: OpenStreak | undefined;

  const end = () => {
    if (streak === undefined) return;
    const { event } = streak;
    if (event.run !== run && event.run !== 0) out.line(heading(context, journal.run(event.run)));
    run = event.run;
    if (event.kind !== "run-start" || options.runStarts === "shown") {
      for (const text of streakLines(context, streak, seqWidth, processes)) out.plain(text);
      options.onLine?.(event, streak.last);
    }
    streak = undefined;
  };

  return {
    end,
    add(event) {
      const isNext =
        options.streaks === "together" ||
        (options.streaks === "adjacent" && Math.abs(event.seq - (streak?.last.seq ?? 0)) === 1);
      if (streak !== undefined && isNext && goesOn(streak.event, event)) {
        streak.count += 1;
        streak.redacted += isRedacted(event) ? 1 : 0;
        streak.bytes += lengthOf(event);
        streak.last = event;
        return;
      }
      end();
      const redacted = isRedacted(event) ? 1 : 0;
      streak = { event, last: event, count: 1, bytes: lengthOf(event), redacted };
    },
  };
}

function goesOn(first: Event, next: Event): boolean {
  const isSave =
    first.kind === "set-size" && first.size === 0 && next.kind === "write" && next.seq > first.seq;
  return (
    (next.kind === "write" || next.kind === "read") &&
    "ino" in first &&
    (first.kind === next.kind || isSave) &&
    first.ino === next.ino &&
    first.run === next.run &&
    first.by === next.by &&
    first.path === next.path
  );
}

function lengthOf(event: Event): number {
  return event.kind === "write" || event.kind === "read" ? event.length : 0;
}

/** Builds a heading; all but a long command line is shown in full. */
function heading({ out, glyphs, journal }: Context, run: Run | undefined): Styled {
  if (run === undefined) return line``;
  const title = printable(`run ${run.run}`);
  const moment = formatMoment(run.start.time);
  const end = endOf(run, journal);
  const room = out.columns - [title, moment, end].reduce((sum, part) => sum + widthOf(part) + 2, 0);
  const parts: Shown[] = [
    out.paint("heading", title),
    truncateEnd(titleOf(run.start), Math.min(Math.max(room, 16), mostTitle), glyphs.cut),
    out.paint("dim", moment),
    out.paint(run.end?.exit === 0 ? "dim" : "removed", end),
  ];
  return joined(parts, "  ");
}

/** The most cells of a command line, however wide the output is: a shell's may be a whole program. `runs` has all of it. */
const mostTitle = 160;

/** Describes how a run ended, or if it is still running: it is if somebody writes the journal now. */
function endOf({ end }: Run, journal: string): Printable {
  if (end === undefined) return printable(isBeingWritten(journal) ? "running" : "killed");
  return printable(
    end.reason === undefined ? `exit ${end.exit}` : `exit ${end.exit}, ${end.reason}`,
  );
}

const opWidth = 12;
/** Least cells for a path in a terminal of any width; 80 columns leave as many beside the longest note. */
const leastPlace = 8;
const sizeWidth = 6;

/** Returns a row, and one more for each path if not even its last name fits there. */
function streakLines(
  context: Context,
  streak: OpenStreak,
  seqWidth: number,
  processes: Processes,
): Styled[] {
  const { out, glyphs } = context;
  const { event, last, count } = streak;
  const row = eventRow(streak, glyphs);
  const seq = pad(printable(String(event.seq)), seqWidth, "right");
  const prefix: Shown[] = [
    out.paint("dim", seq),
    out.paint("dim", formatClock(event.time)),
    out.paint(styleOfKind[event.kind], pad(row.op, opWidth)),
    pad(row.size, sizeWidth, "right"),
  ];
  const span =
    count === 1
      ? row.note
      : printable(`#${Math.min(event.seq, last.seq)}-${Math.max(event.seq, last.seq)}`);
  const range = joined(
    [span, redactedNote(streak), byNote(event, processes)].filter((part) => part !== ""),
  );
  const note: readonly Shown[] = range === "" ? [] : [out.paint("dim", range)];
  const used = seqWidth + 12 + Math.max(opWidth, widthOf(row.op)) + sizeWidth + 4 * 2;
  const room = out.columns - used - (range === "" ? 0 : widthOf(range) + 2);
  const place = placeIn(row, Math.max(room, leastPlace), context);
  if (place !== undefined) return [joined([...prefix, place, ...note], "  ")];
  const under = " ".repeat(seqWidth + 2);
  return [
    joined([...prefix, ...note], "  ").trimEnd() as Styled,
    ...placesBelow(row, Math.max(out.columns - under.length, leastPlace), context).map(
      (text) => line`${printable(under)}${text}`,
    ),
  ];
}

/** Names the process that did it, in a few words. */
function byNote(event: Event, processes: Processes): Printable {
  const process = event.kind === "process" ? undefined : processes.by(event);
  return process === undefined
    ? printable("")
    : joined([printable("·"), printableName(processWords(process))]);
}

function redactedNote({ redacted, count }: OpenStreak): Printable {
  if (redacted === 0) return printable("");
  return printable(redacted === count ? "[redacted]" : `[${redacted} redacted]`);
}

/** Shortens a path, or two, by whole names at the front to fit; undefined if a name itself does not. */
function placeIn(
  { path, to }: EventRow,
  room: number,
  { glyphs, out }: Context,
): Styled | undefined {
  if (to === undefined) {
    const short = shortenedPath(path, room, glyphs.cut);
    return short === undefined ? undefined : line`${short}`;
  }
  const both = room - widthOf(glyphs.arrow) - 2;
  const whole = widthOf(path) + widthOf(to) <= both;
  const half = Math.floor(both / 2);
  const [from, now] = whole
    ? [path, to]
    : [shortenedPath(path, half, glyphs.cut), shortenedPath(to, half, glyphs.cut)];
  if (from === undefined || now === undefined) return undefined;
  return line`${from} ${out.paint("dim", glyphs.arrow)} ${now}`;
}

/** Gives each path a row of its own. */
function placesBelow({ path, to }: EventRow, room: number, { glyphs, out }: Context): Styled[] {
  const first = line`${cutPath(path, room, glyphs.cut)}`;
  if (to === undefined) return [first];
  const arrow = out.paint("dim", glyphs.arrow);
  const rest = room - widthOf(glyphs.arrow) - 1;
  return [first, line`${arrow} ${cutPath(to, rest, glyphs.cut)}`];
}
