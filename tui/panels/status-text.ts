import { runWords } from "../../src/history/index.ts";
import {
  type Printable,
  formatClock,
  formatCount,
  formatDuration,
  joined,
  truncateFront,
  words,
} from "../../src/text/index.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { hintLine } from "../keys/help.ts";
import { type Line, type Span, fit, guestSpans, span, spread } from "../draw/line.ts";
import type { Recording } from "../recording/recording.ts";
import type { State } from "../state/state.ts";

/** The first row: which journal and run, and which moment is shown. */
export function statusLine(
  state: State,
  recording: Recording,
  width: number,
  glyphs: Glyphs,
): Line {
  const right = momentText(state, recording, width, glyphs);
  const name = recording.file.split("/").at(-1) ?? "";
  const room = Math.max(6, Math.floor(width / 4));
  const left: Span[] = [
    span(words(" rewindfs "), "title"),
    ...guestSpans(truncateFront(glyphs.guest(name), room, glyphs.cut)),
  ];
  const run = recording.runAt(state.cursor);
  if (width >= 100 && run !== undefined) {
    left.push(
      span(`  run ${run.run} ` as Printable, "dim"),
      ...guestSpans(glyphs.guest(runWords(run.start).join(" ")), "dim"),
    );
  }
  return spread(left, right, width, glyphs);
}

function momentText(state: State, recording: Recording, width: number, glyphs: Glyphs): Line {
  const { cursor, head } = state;
  const isWide = width >= 100;
  const of = isWide
    ? joined([words("of"), formatCount(head)])
    : (`/${shortCount(head)}` as Printable);
  const line: Span[] = [
    ...modeText(state),
    span(words(isWide ? "  " : " ")),
    span(seqText(cursor), "strong"),
    span(isWide ? (` ${of}` as Printable) : of),
  ];
  if (width >= 60 && head > 0) {
    const time = recording.timeOf(cursor);
    line.push(span(`  ${formatClock(time)}` as Printable));
    const behind = recording.timeOf(head) - time;
    if (isWide && behind > 0n) line.push(span(`  -${formatDuration(behind)}` as Printable, "dim"));
  }
  const { length } = state.breakpoints;
  if (length > 0) {
    const text = isWide ? ` ${length === 1 ? "breakpoint" : "breakpoints"}` : "";
    line.push(span(`  ${glyphs.breakpoint}${length}${text}` as Printable, "breakpoint"));
  }
  if (state.pin !== undefined)
    line.push(span(`  ${glyphs.pin}${seqText(state.pin)}` as Printable, "pin"));
  return [...line, span(words(" "))];
}

function modeText({ mode, head, rate, speed }: State): Line {
  switch (mode.kind) {
    case "live":
      return [
        span(words("LIVE"), "live"),
        ...(rate > 0 ? [span(` +${formatCount(rate)}/s` as Printable, "live")] : []),
      ];
    case "playing":
      return [span(`PLAYING ${formatCount(speed)}/s` as Printable, "live")];
    case "paused": {
      const news = head - mode.known;
      return [
        span(words("PAUSED"), "warning"),
        ...(news > 0 ? [span(` ${shortCount(news)} new` as Printable, "live")] : []),
      ];
    }
  }
}

/** 999,999 in full, then 1M, 1.2M. */
function shortCount(count: number): Printable {
  if (count < 1_000_000) return formatCount(count);
  return `${(count / 1_000_000).toFixed(1).replace(/\.0$/, "")}M` as Printable;
}

/** The last row: what was said last, what is going on, or the keys that matter here. */
export function bottomLine(state: State, width: number, glyphs: Glyphs): Line {
  const { toast, job } = state;
  if (job !== undefined) {
    const percent = job.total === 0 ? 100 : Math.floor((100 * job.scanned) / job.total);
    return fit(
      [
        span(` ${job.title} ${percent}%` as Printable, "warning"),
        span(`  ${formatCount(job.scanned)} of ${formatCount(job.total)} events   ` as Printable),
        span(words("Esc"), "key"),
        span(words(" stops")),
      ],
      width,
      glyphs,
    );
  }
  if (toast === undefined) return hintLine(state, width, glyphs);
  const role = toast.kind === "done" ? "live" : "warning";
  const text = [span(words(" ")), ...guestSpans(glyphs.shown(toast.text), role)];
  return fit(text, width, glyphs);
}
