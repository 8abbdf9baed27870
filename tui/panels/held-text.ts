import { decodeText, diffLines, linesIn } from "../../src/history/index.ts";
import { type Question, operationVerbs } from "../../src/rules/index.ts";
import { type Printable, describeBytes, phrase, words } from "../../src/text/index.ts";
import { shortPath, wrapped } from "../draw/cells.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { type Line, type Span, guestSpans, span } from "../draw/line.ts";
import { type OverlayText, centred, roomIn } from "../draw/overlay-box.ts";
import type { Live } from "../state/live.ts";
import type { State } from "../state/state.ts";

/** Tells what the running program is about to do, and the difference that it would make. */
export function heldOverlay(state: State, first: number, glyphs: Glyphs): OverlayText {
  const { live, size } = state;
  const width = Math.min(size.columns - 4, 96);
  const [call] = live?.held ?? [];
  if (live === undefined || call === undefined)
    return centred(size, width, words("The running program"), waiting(live, glyphs), answers);
  const { question } = call;
  const told = callLines(question, live, width - 4, glyphs);
  const more = live.held.length - 1;
  const others: Line[] =
    more === 0 ? [] : [[span(phrase` ${more} more held; this one is the oldest.`, "dim")]];
  const rows = differenceOf(question, glyphs);
  const room = Math.max(1, roomIn(size) - told.length - others.length - 1);
  const from = Math.max(0, Math.min(first, rows.length - room));
  return centred(
    size,
    width,
    words(question.hold === true ? "Held before it happens" : "A rule asks"),
    [...told, ...others, [], ...rows.slice(from, from + room)],
    answers,
  );
}

/** Names what is held, for the status line: "HELD write /path". */
export function liveSpans(
  live: Live | undefined,
  width: number,
  { name, cut }: Pick<Glyphs, "name" | "cut">,
): Span[] {
  if (live === undefined) return [];
  const [call] = live.held;
  if (call === undefined)
    return live.holds === "each change" && live.isHeard
      ? [span(words("  HOLDING"), "warning")]
      : [span(words("  attached"), "live")];
  const { operation, path } = call.question;
  const head = phrase`  HELD ${words(operation)} `;
  const room = width - head.length;
  return [
    span(head, "breakpoint"),
    ...(room < 8 ? [] : guestSpans(shortPath(name(path), room, cut), "breakpoint")),
  ];
}

const answers: Line = [
  [words("s"), words(" step  ")],
  [words("c"), words(" run on  ")],
  [words("y"), words(" allow  ")],
  [words("n"), words(" deny")],
].flatMap(([key = words(""), label = words("")]) => [span(key, "key"), span(label, "dim")]);

function waiting(live: Live | undefined, glyphs: Glyphs): Line[] {
  const text =
    live === undefined
      ? [span(words(" Looking for the program that writes this journal"))]
      : [...guestSpans(glyphs.guest(` ${live.program}`), "strong"), span(stateOf(live))];
  return [[], text, []];
}

function stateOf({ holds, isHeard }: Live): Printable {
  if (holds === "breakpoints") return words(" runs.");
  return words(isHeard ? " is held at its next change." : " is told to hold.");
}

function callLines(question: Question, live: Live, width: number, glyphs: Glyphs): Line[] {
  const { program = live.program, operation, path, from, to, call, size, rule } = question;
  const isSized = call === "write" || call === "set-size";
  const why = question.hold === true ? words("") : words("rule: ");
  return [
    [span(words(" ")), ...guestSpans(shortPath(glyphs.guest(program), width, glyphs.cut))],
    [
      span(phrase` wants to ${words(operationVerbs[operation])} `),
      ...guestSpans(shortPath(glyphs.name(path), width - 30, glyphs.cut), "strong"),
      span(isSized ? phrase`, then ${describeBytes(size)}` : words("")),
    ],
    ...(from === undefined || to === undefined
      ? []
      : [
          [
            span(words(" by moving ")),
            ...guestSpans(shortPath(glyphs.name(from), width / 2 - 8, glyphs.cut)),
            span(words(" to ")),
            ...guestSpans(shortPath(glyphs.name(to), width / 2 - 8, glyphs.cut)),
          ],
        ]),
    ...wrapped(glyphs.guest(rule), width - 8)
      .slice(0, 2)
      .map((line): Line => [span(phrase` ${why}`, "dim"), ...guestSpans(line, "dim")]),
  ];
}

const mostRows = 1_000;
const mostCharacters = 400;

function differenceOf({ before, after }: Question, glyphs: Glyphs): Line[] {
  if (before === undefined && after === undefined)
    return [[span(words(" (no text to compare)"), "dim")]];
  const [was, is] = [textOf(before), textOf(after)];
  if (was === undefined || is === undefined) return [[span(words(" (not text)"), "dim")]];
  const { hunks } = diffLines(linesIn(was), linesIn(is), { context: 2 });
  return hunks
    .flatMap((hunk) => hunk.lines)
    .slice(0, mostRows)
    .map(({ sign, text }) => {
      const shown = glyphs.guest(`${sign}${text.slice(0, mostCharacters)}`.toWellFormed());
      const role = sign === "+" ? "added" : sign === "-" ? "removed" : "plain";
      return [span(words(" ")), ...guestSpans(shown, role)];
    });
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? "" : decodeText(bytes);
}
