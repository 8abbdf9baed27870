import { runWords } from "../../src/history/index.ts";
import {
  type Printable,
  counted,
  formatClock,
  formatCount,
  joined,
  pad,
  words,
  phrase,
} from "../../src/text/index.ts";
import { breakpointText } from "../state/breakpoint.ts";
import { shortPath, shortRename, wrapped } from "../draw/cells.ts";
import { eventText, seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { heldOverlay } from "./held-text.ts";
import { keysOverlay } from "./keys-overlay.ts";
import type { Size } from "../draw/layout.ts";
import { type Line, type Span, guestSpans, span } from "../draw/line.ts";
import { type OverlayText, centred, roomIn } from "../draw/overlay-box.ts";
import type { Recording } from "../recording/recording.ts";
import type { Overlay, Plan, PromptFor, State } from "../state/state.ts";
import { letterRoles } from "./tree-text.ts";

/** Draws the overlay, if there is one. */
export function overlayText(
  state: State,
  recording: Recording,
  glyphs: Glyphs,
): OverlayText | undefined {
  const { overlay, size } = state;
  if (overlay === undefined) return undefined;
  switch (overlay.kind) {
    case "keys":
      return keysOverlay(overlay, size, glyphs);
    case "prompt":
      return promptOverlay(state, overlay, glyphs);
    case "plan":
      return planOverlay(overlay.plan, recording, size, glyphs);
    case "listing":
    case "preview":
    case "review":
      // They have the whole screen, or the panels show them.
      return undefined;
    case "mark":
      return centred(size, 52, words("Mark"), [
        [],
        [
          span(words(" Type a letter to name ")),
          span(seqText(state.cursor), "strong"),
          span(words(" with it.")),
        ],
        [span(words(" The mark stays in the journal; Esc cancels."), "dim")],
        [],
      ]);
    case "places":
      return placesOverlay(state, overlay, recording, glyphs);
    case "breakpoints":
      return breakpointsOverlay(state, overlay, glyphs);
    case "held":
      return heldOverlay(state, overlay.first, glyphs);
    case "failure":
      return centred(size, 72, overlay.title, [
        [],
        ...wrapped(glyphs.shown(overlay.text), Math.min(size.columns - 8, 66)).map((line) => [
          span(words(" ")),
          ...guestSpans(line),
        ]),
        [],
        [span(words(" Any key closes this; q quits."), "dim")],
      ]);
  }
}

type Of<Kind extends Overlay["kind"]> = Extract<Overlay, { kind: Kind }>;

const prompts = {
  "go-to": {
    title: words("Go to"),
    help: [
      words("412907  #412907  50%  +100  -100"),
      words("14:03:07  -5s  +2m  @  run:2  a mark  L40"),
    ],
  },
  search: {
    title: words("Search on from here"),
    help: [
      words("path:*.json  op:write,rename  run:2"),
      words("error:exist  -op:read  or part of a path"),
    ],
  },
  "search-back": {
    title: words("Search back from here"),
    help: [
      words("path:*.json  op:write,rename  run:2"),
      words("error:exist  -op:read  or part of a path"),
    ],
  },
  text: {
    title: words("When did this text come and go?"),
    help: [
      words("in all files, also those that are gone; capitals count if typed"),
      words("/limit = \\d+/ between slashes is a regular expression"),
    ],
  },
  rows: {
    title: words("Search in this panel"),
    help: [
      words("a part of a line; capitals count if typed"),
      words("1 and / search the events, t all files at all times"),
    ],
  },
  filter: {
    title: words("Filter"),
    help: [
      words("path:*.json  op:write,rename  run:2"),
      words("error:exist  -op:read  or part of a path"),
    ],
  },
  breakpoint: {
    title: words("Break on"),
    help: [
      words("path:/data/**  op:unlink,rename  run:2"),
      words("bytes:100-200  of this file, or path:/data/f behind it"),
    ],
  },
  save: {
    title: words("Save the file as it was"),
    help: [
      words("a file name on this machine, not the guest's"),
      words("what exists is never overwritten"),
    ],
  },
} as const satisfies Record<PromptFor, { title: Printable; help: readonly Printable[] }>;

function promptOverlay(state: State, overlay: Of<"prompt">, glyphs: Glyphs): OverlayText {
  const { title, help } = prompts[overlay.for];
  const width = Math.min(state.size.columns - 4, 64);
  const room = width - 6;
  const before = overlay.text
    .slice(0, overlay.cursor)
    .slice(-room + 8)
    .toWellFormed();
  const after = overlay.text.slice(overlay.cursor);
  const input: Line = [
    span(words(" > "), "key"),
    ...guestSpans(glyphs.guest(before), "strong"),
    span(glyphs.caret, "now"),
    ...guestSpans(glyphs.guest(after), "strong"),
  ];
  const below: Line[] =
    overlay.error === undefined
      ? help.map((line) => [span(words(" ")), span(line, "dim")])
      : wrapped(glyphs.shown(overlay.error), width - 4).map((line) => [
          span(words(" ")),
          ...guestSpans(line, "warning"),
        ]);
  return centred(
    state.size,
    width,
    title,
    [input, [], ...below],
    [
      span(words("Enter"), "key"),
      span(words(" accept  "), "dim"),
      span(words("Esc"), "key"),
      span(words(" cancel"), "dim"),
    ],
  );
}

const planWidth = 66;
/** Number of a plan's paths that are listed. */
const mostPlanned = 8;

function planOverlay(plan: Plan, recording: Recording, size: Size, glyphs: Glyphs): OverlayText {
  const head = plan.head;
  const counts = countsOf(plan);
  const question: Line =
    plan.kind === "restore"
      ? [
          span(words(" Restore ")),
          ...guestSpans(glyphs.name(plan.path), "strong"),
          span(phrase` to ${seqText(plan.to)} (${formatClock(recording.timeOf(plan.to))})?`),
        ]
      : [
          span(words(plan.kind === "undo" ? " Undo " : " Redo ")),
          ...subjectOf(plan, recording, glyphs),
          span(words("?")),
        ];
  const appends: Line = [
    span(phrase` This appends ${counted(plan.events, "event")} after ${seqText(head)}.`),
  ];
  const back: Line = [span(backText(plan))];
  const summary: Line = [
    span(words(" ")),
    ...(counts.length === 0
      ? [span(words("No file changes: what it did is undone already."))]
      : counts),
  ];
  const answers = answersTo(plan.kind, size.columns);
  const room = roomIn(size);
  const whole = [
    question,
    ...goneLines(plan),
    [],
    summary,
    ...plannedLines(plan, mostPlanned, size, glyphs),
    ...noteLines(plan, size, glyphs),
    [],
    appends,
    back,
    [],
    answers,
  ];
  // If not all fits, the question, its costs and the answers stay.
  const fixed = [question, summary, appends, back, answers].length;
  const lines =
    whole.length <= room
      ? whole
      : room < fixed
        ? [question, summary, appends, answers]
        : [
            question,
            summary,
            ...plannedLines(plan, room - fixed, size, glyphs),
            appends,
            back,
            answers,
          ];
  const title = { restore: words("Restore"), undo: words("Undo"), redo: words("Redo") }[plan.kind];
  return centred(size, planWidth, title, lines);
}

/** Says how the plan is taken back. */
function backText({ kind, event, head, inside }: Plan): Printable {
  if (inside === true)
    return phrase` The program that runs sees it; r at ${seqText(head)} takes it back.`;
  return kind === "undo" && event === undefined
    ? words(" Nothing is lost: Z redoes it.")
    : words(" Nothing is lost: z undoes it.");
}

/** Names what is undone or redone. */
function subjectOf(plan: Plan, recording: Recording, glyphs: Glyphs): Line {
  const event = plan.event === undefined ? undefined : recording.event(plan.event);
  if (event !== undefined) {
    const { operation, object } = eventText(event, glyphs);
    return [
      span(phrase`event ${seqText(event.seq)}  `),
      span(phrase`${operation} `, "strong"),
      ...guestSpans(shortPath(object, planWidth - 30, glyphs.cut), "strong"),
    ];
  }
  return [
    span(plan.run === undefined ? words("the last change") : phrase`run ${plan.run}`),
    ...guestSpans(glyphs.guest(commandOf(recording, plan)), "strong"),
  ];
}

/** Says why the moment is not the one that was asked for. */
function goneLines({ to, goneAt }: Plan): Line[] {
  if (goneAt === undefined) return [];
  const why = phrase` It is gone at ${seqText(goneAt)}; ${seqText(to)} is when it was last there.`;
  return [[span(why, "dim")]];
}

/** Number of a plan's notes that are listed. */
const mostNotes = 2;

function noteLines({ notes }: Plan, { columns }: Size, glyphs: Glyphs): Line[] {
  const width = Math.min(columns - 4, planWidth) - 7;
  return notes
    .slice(0, mostNotes)
    .flatMap(({ path, note }) => wrapped(glyphs.guest(`${path}: ${note}`), width))
    .map((text) => [span(words("   ")), ...guestSpans(text, "dim")]);
}

/** Lists the possible answers, shortened on a narrow screen. */
function answersTo(kind: Plan["kind"], columns: number): Line {
  const isNarrow = columns < 70;
  const gap = words(isNarrow ? "  " : "     ");
  return [
    span(words(" y"), "key"),
    span(phrase` ${words(kind)}${gap}`),
    span(words("d"), "key"),
    span(joined([isNarrow ? words(" diff") : words(" show the diff first"), gap], "")),
    span(words("n"), "key"),
    span(isNarrow ? words(" cancel") : words(" or Esc cancel")),
  ];
}

/** Lists the paths of a plan in at most so many rows: the last one counts the rest. */
function plannedLines({ changes }: Plan, most: number, size: Size, glyphs: Glyphs): Line[] {
  const width = Math.min(size.columns - 4, planWidth) - 8;
  const isCut = changes.length > most;
  const shown = changes.slice(0, isCut && most < mostPlanned ? most - 1 : most);
  const lines = shown.map(({ letter, path, from }): Line => {
    const name = glyphs.name(path);
    const text =
      from === undefined
        ? shortPath(name, width, glyphs.cut)
        : shortRename(glyphs.name(from), name, width, glyphs);
    return [span(phrase`   ${words(letter)} `, letterRoles[letter]), ...guestSpans(text)];
  });
  if (!isCut || most === 0) return lines;
  const rest = counted(changes.length - shown.length, "more path", "more paths");
  return [...lines, [span(phrase`   and ${rest}`, "dim")]];
}

/** Names the run that is undone or redone, if it is known. */
function commandOf(recording: Recording, { run }: Plan): string {
  const start = recording.runs().find((one) => one.run === run)?.start;
  return start === undefined ? "" : `  ${runWords(start).join(" ")}`;
}

function countsOf({ changes }: Plan): Span[] {
  const of = (letter: string) => changes.filter((change) => change.letter === letter).length;
  const parts = [
    [of("M"), words("changed")],
    [of("A"), words("added")],
    [of("D"), words("removed")],
    [of("R"), words("renamed")],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => span(phrase`${formatCount(count)} ${what}   `, "strong"));
}

function placesOverlay(
  state: State,
  { row }: Of<"places">,
  recording: Recording,
  glyphs: Glyphs,
): OverlayText {
  const marks = recording.marks();
  const width = formatCount(state.head).length + 1;
  const lines: Line[] = marks.map(({ name, at }, index) => [
    span(index === row ? glyphs.cursor : words(" ")),
    span(phrase`${pad(seqText(at), width, "right")}  `, "dim"),
    span(phrase`${formatClock(recording.timeOf(at))}  `, "dim"),
    ...guestSpans(glyphs.name(name), "strong"),
  ]);
  const start = Math.max(0, Math.min(row - 5, lines.length - 12));
  const last = state.visited.at(-1);
  const back: Line = [
    span(words(" '"), "key"),
    span(
      last === undefined ? words("  back (nowhere yet)") : phrase`  back to ${seqText(last)}`,
      "dim",
    ),
  ];
  const none: Line[] = [[span(words(" No marks yet: m and a letter sets one."))]];
  return centred(
    state.size,
    56,
    words("Jump to a mark"),
    [...(lines.length === 0 ? none : lines.slice(start, start + 12)), [], back],
    [span(words("its letter, or "), "dim"), span(words("Enter"), "key")],
    lines.length === 0 ? -1 : row - start,
  );
}

function breakpointsOverlay(state: State, { row }: Of<"breakpoints">, glyphs: Glyphs): OverlayText {
  const lines: Line[] = state.breakpoints.map((breakpoint, index) => [
    span(index === row ? glyphs.cursor : words(" ")),
    span(glyphs.breakpoint, "breakpoint"),
    span(words(" ")),
    ...guestSpans(breakpointText(breakpoint, glyphs.guest)),
  ]);
  const none: Line[] = [
    [span(words(" No breakpoints yet."))],
    [span(words(" b on a row of a panel sets one; a adds any."), "dim")],
  ];
  const start = Math.max(0, Math.min(row - 5, lines.length - 12));
  const hits = state.hits?.matches.count;
  return centred(
    state.size,
    64,
    words("Breakpoints"),
    lines.length === 0 ? none : lines.slice(start, start + 12),
    [
      ...(hits === undefined || lines.length === 0
        ? []
        : [span(phrase`${counted(hits, "hit")}  `, "dim")]),
      span(words("a"), "key"),
      span(words(" add  "), "dim"),
      span(words("d"), "key"),
      span(words(" delete  "), "dim"),
      span(words("Esc"), "key"),
      span(words(" close"), "dim"),
    ],
    lines.length === 0 ? -1 : row - start,
  );
}
