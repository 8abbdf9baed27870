import { runWords } from "../../src/history/index.ts";
import {
  type Printable,
  formatClock,
  formatCount,
  formatDuration,
  joined,
  truncateFront,
  words,
  phrase,
} from "../../src/text/index.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { hintLine } from "../keys/help.ts";
import { type Line, type Span, fit, guestSpans, lineWidth, span, spread } from "../draw/line.ts";
import { isShown } from "../rows/arrange.ts";
import { liveSpans } from "./held-text.ts";
import { filterText } from "./timeline-text.ts";
import type { Recording } from "../recording/recording.ts";
import type { State } from "../state/state.ts";

/** Builds the first row: the journal, the run, and the moment that is shown. */
export function statusLine(
  state: State,
  recording: Recording,
  width: number,
  glyphs: Glyphs,
): Line {
  const right = momentText(state, recording, width, glyphs);
  // A cache's file has no name that says anything.
  const name =
    recording.elsewhere === undefined
      ? (recording.file.split("/").at(-1) ?? "")
      : `depot: ${recording.elsewhere.journal.slice(0, 12)}`;
  const room = Math.max(6, Math.floor(width / 4));
  const left: Span[] = [
    span(words(" rewindfs "), "title"),
    ...guestSpans(truncateFront(glyphs.guest(name), room, glyphs.cut)),
  ];
  // The timeline tells it itself.
  if (state.filter !== undefined && !isShown(state, "timeline")) {
    const free = Math.max(0, width - lineWidth(right) - 1);
    const told: Line = [
      span(words(" filter "), "warning"),
      ...guestSpans(filterText(state.filter, glyphs), "warning"),
    ];
    return spread(
      lineWidth([...left, ...told]) <= free ? [...left, ...told] : told,
      right,
      width,
      glyphs,
    );
  }
  if (state.live !== undefined) {
    const free = width - lineWidth(left) - lineWidth(right) - 2;
    left.push(...liveSpans(state.live, free, glyphs));
    return spread(left, right, width, glyphs);
  }
  const run = recording.runAt(state.cursor);
  if (width >= 100 && run !== undefined) {
    left.push(
      span(phrase`  run ${run.run} `, "dim"),
      ...guestSpans(glyphs.guest(runWords(run.start).join(" ")), "dim"),
    );
  }
  return spread(left, right, width, glyphs);
}

function momentText(state: State, recording: Recording, width: number, glyphs: Glyphs): Line {
  const { cursor, head } = state;
  const isWide = width >= 100;
  const of = isWide ? joined([words("of"), formatCount(head)]) : phrase`/${shortCount(head)}`;
  const line: Span[] = [
    ...modeText(state, glyphs),
    span(words(isWide ? "  " : " ")),
    span(seqText(cursor), "strong"),
    span(isWide ? phrase` ${of}` : of),
  ];
  if (width >= 60 && head > 0) {
    const time = recording.timeOf(cursor);
    line.push(span(phrase`  ${formatClock(time)}`));
    const behind = recording.timeOf(head) - time;
    if (isWide && behind > 0n) line.push(span(phrase`  -${formatDuration(behind)}`, "dim"));
  }
  const { length } = state.breakpoints;
  if (length > 0) {
    const text = words(!isWide ? "" : length === 1 ? " breakpoint" : " breakpoints");
    line.push(span(phrase`  ${glyphs.breakpoint}${length}${text}`, "breakpoint"));
  }
  if (state.pin !== undefined) line.push(span(phrase`  ${glyphs.pin}${seqText(state.pin)}`, "pin"));
  return [...line, span(words(" "))];
}

function modeText(state: State, { breakpoint }: Glyphs): Line {
  const { mode, head, rate, speed, overlay, stop, cursor } = state;
  if (overlay?.kind === "preview") return [span(words("PREVIEW"), "warning")];
  switch (mode.kind) {
    case "live":
      return [
        span(words("LIVE"), "live"),
        ...(rate > 0 ? [span(phrase` +${formatCount(rate)}/s`, "live")] : []),
      ];
    case "playing":
      return [span(phrase`PLAYING ${formatCount(speed)}/s`, "live")];
    case "paused": {
      const news = head - mode.known;
      const isStopped = stop?.seq === cursor && state.breakpoints.includes(stop.breakpoint);
      return [
        isStopped
          ? span(phrase`${breakpoint} STOPPED`, "breakpoint")
          : span(words("PAUSED"), "warning"),
        ...(news > 0 ? [span(phrase` ${shortCount(news)} new`, "live")] : []),
      ];
    }
  }
}

/** Formats a count: 999,999 in full, then 1M, 1.2M. */
function shortCount(count: number): Printable {
  if (count < 1_000_000) return formatCount(count);
  return phrase`${Math.round(count / 100_000) / 10}M`;
}

/** Builds the last row: the latest message, the work in progress, or the keys that matter here. */
export function bottomLine(state: State, width: number, glyphs: Glyphs): Line {
  const { toast, job } = state;
  if (job !== undefined) {
    const percent = job.total === 0 ? 100 : Math.floor((100 * job.scanned) / job.total);
    return fit(
      [
        span(phrase` ${job.title} ${percent}%`, "warning"),
        span(phrase`  ${formatCount(job.scanned)} of ${formatCount(job.total)} ${job.of}   `),
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
