import { type Printable, joined, phrase, printable, words } from "../../src/text/index.ts";
import { seqText } from "../draw/event-text.ts";
import { breakpointText } from "../state/breakpoint.ts";
import type { Progress, Scan } from "../state/scan.ts";
import type { State, Toast } from "../state/state.ts";

/** Tells how a search or a run ended; undefined if the screen says it already. */
export function toldOf(
  scan: Extract<Scan, { kind: "search" | "run" }>,
  { found, wrapped, stop }: Progress,
  state: State,
): Toast | undefined {
  if (found !== undefined && stop !== undefined)
    return { kind: "done", text: stopped(stop, state) };
  if (found !== undefined) {
    if (wrapped === undefined) return undefined;
    return { kind: "warning", text: found === scan.from ? only : around[wrapped] };
  }
  const isAround = scan.kind === "search" && scan.reach === "around";
  const where = scan.direction === "forward" ? words("after") : words("before");
  const text = isAround
    ? joined([words("Nothing matches"), printable(state.search?.text ?? "")])
    : scan.kind === "search"
      ? phrase`No match ${where} ${seqText(scan.from)}.`
      : scan.breakpoints.some((one) => state.breakpoints.includes(one))
        ? phrase`No breakpoint is hit ${where} ${seqText(scan.from)}.`
        : phrase`Nothing changes this row ${where} ${seqText(scan.from)}.`;
  return { kind: "warning", text };
}

const only = words("This is the only match.");
const around = {
  forward: words("None after this: went on from the beginning."),
  reverse: words("None before this: went on from the end."),
} as const satisfies Record<string, Printable>;

function stopped(stop: NonNullable<Progress["stop"]>, { breakpoints, glyphs }: State): Printable {
  const number = breakpoints.indexOf(stop) + 1;
  if (number === 0) return words("This changed that row; ^o goes back.");
  const of = breakpoints.length > 1 ? phrase` ${number} of ${breakpoints.length}` : words("");
  return joined([phrase`Stopped by breakpoint${of}:`, breakpointText(stop, glyphs.guest)]);
}
