import { JournalError } from "../../journal/index.ts";
import {
  type Printable,
  formatCount,
  pad,
  phrase,
  printable,
  words,
  repeated,
} from "../../src/text/index.ts";
import { expandTabs, shortPath, wrapped } from "../draw/cells.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import type { Area } from "../draw/layout.ts";
import { type Line, guestSpans, span } from "../draw/line.ts";
import { detailLines, listingHeight } from "../draw/listing-layout.ts";
import type { PanelText } from "../draw/panel-text.ts";
import type { Role } from "../draw/theme.ts";
import type { Recording } from "../recording/recording.ts";
import type { ListRow } from "../recording/question.ts";
import type { Listing } from "../state/listing.ts";
import type { State } from "../state/state.ts";

/** Builds a list over the panels, and below it more of the row under the cursor. */
export function listingText(
  listing: Listing,
  state: State,
  recording: Recording,
  area: Area,
  glyphs: Glyphs,
): PanelText {
  const { head } = state;
  const isThere = (path: string) => isAt(path, state, recording);
  const { question, rows, place } = listing;
  const headers = question.of === "files" ? typedLines(question.text, glyphs) : [];
  const size = { columns: area.width, rows: area.height + 2 };
  const height = listingHeight(size, headers.length);
  const width = area.width - 3;
  const shown = rows
    .slice(place.first, place.first + height)
    .map((row, index): Line => [
      span(place.first + index === place.row ? glyphs.cursor : words(" ")),
      ...rowLine(row, { width, digits: seqText(head).length, isThere, glyphs }),
    ]);
  const empty = rows.length === 0 ? emptyLines(listing, glyphs) : [];
  const body = [...shown, ...empty];
  const here = rows[place.row];
  const filling = Array.from({ length: Math.max(0, height - body.length) }, (): Line => []);
  return {
    title: [span(titles[question.of], "title"), ...askedText(listing, glyphs)],
    corner: [],
    headers,
    rows: [...body, ...filling, ...(here === undefined ? [] : detailsOf(here, width, glyphs))],
    cursor: rows.length === 0 ? -1 : place.row - place.first,
    footer: footerText(listing),
  };
}

/** Tells if a path exists at the moment that the panels show; of one that they cannot show yet, or ever, it does. */
function isAt(path: string, { settled, replay }: State, recording: Recording): boolean {
  if (replay !== undefined) return true;
  try {
    return recording.inodeAt(path, settled) !== undefined;
  } catch (error) {
    if (error instanceof JournalError) return true;
    throw error;
  }
}

const titles = {
  findings: words("Findings: what deserves a look"),
  text: words("When it came and went:"),
  files: words("Find a file"),
} as const;

function askedText({ question }: Listing, { guest }: Glyphs): Line {
  return question.of === "text" ? [span(words(" ")), ...guestSpans(guest(question.text))] : [];
}

function typedLines(text: string, { guest, caret }: Glyphs): readonly Line[] {
  return [
    [
      span(words(" > "), "key"),
      ...guestSpans(guest(text), "strong"),
      span(caret, "now"),
      ...(text === "" ? [span(words(" type parts of its name"), "dim")] : []),
    ],
    [],
  ];
}

function emptyLines({ question, searched }: Listing, { cut }: Glyphs): readonly Line[] {
  if (searched !== "all") return [[span(phrase` Searching${cut}`, "dim")]];
  switch (question.of) {
    case "findings":
      return [
        [],
        [span(words(" Nothing was found that deserves a look."))],
        [span(words(" That is no proof that there is nothing."), "dim")],
      ];
    case "text":
      return [[], [span(words(" No file ever held a line with this."))]];
    case "files":
      return [[], [span(words(" No path is like this; Backspace takes a letter back."))]];
  }
}

const levelRoles = { high: "refused", medium: "warning", low: "dim" } as const;
const signs = { "+": "added", "-": "removed", "=": "dim" } as const satisfies Record<string, Role>;

interface Look {
  readonly width: number;
  /** Cells of the number of an event. */
  readonly digits: number;
  /** Tells if a path exists at the moment that the panels show. */
  readonly isThere: (path: string) => boolean;
  readonly glyphs: Glyphs;
}

function rowLine(row: ListRow, { width, digits, isThere, glyphs }: Look): Line {
  switch (row.kind) {
    case "finding": {
      const { level, seq, path, reason } = row.finding;
      const left = width - 8 - digits - 2;
      const shown = shortPath(glyphs.name(path), Math.floor(left / 2), glyphs.cut);
      return [
        span(pad(words(level), 8), levelRoles[level]),
        span(phrase`${pad(seqText(seq), digits, "right")}  `, "dim"),
        ...guestSpans(shown, "strong"),
        span(words("  ")),
        ...guestSpans(glyphs.guest(reason)),
      ];
    }
    case "line": {
      const { sign, seq, path, text } = row;
      const shown = shortPath(glyphs.name(path), Math.floor((width - digits - 6) / 3), glyphs.cut);
      const role = signs[sign];
      return [
        span(phrase`${pad(seqText(seq), digits, "right")}  `, "dim"),
        span(phrase`${sign === "-" ? glyphs.minus : words(sign)} `, role),
        ...guestSpans(shown, "strong"),
        span(words("  ")),
        ...guestSpans(glyphs.guest(expandTabs(text.trim())), role),
      ];
    }
    case "file":
      return isThere(row.path)
        ? guestSpans(shortPath(glyphs.name(row.path), width, glyphs.cut))
        : [
            ...guestSpans(shortPath(glyphs.name(row.path), width - 14, glyphs.cut), "removed"),
            span(words("  not here now"), "dim"),
          ];
  }
}

/** Tells a row in full, in as many lines as there are for that. */
function detailsOf(row: ListRow, width: number, glyphs: Glyphs): readonly Line[] {
  const rule = span(repeated(glyphs.thin.horizontal, width), "frame");
  const told = toldOf(row, glyphs);
  const lines = wrapped(told, width - 1)
    .slice(0, detailLines - 1)
    .map((line): Line => [span(words(" ")), ...guestSpans(line)]);
  return [[span(words(" ")), rule], ...lines];
}

function toldOf(row: ListRow, { name, guest, to }: Glyphs): Printable {
  switch (row.kind) {
    case "finding": {
      const { path, target, reason, rule, run } = row.finding;
      const link = target === undefined ? words("") : phrase` ${to} ${name(target)}`;
      return phrase`${name(path)}${link}: ${guest(reason)} (${words(rule)}, run ${run})`;
    }
    case "line": {
      return phrase`${name(row.path)}: ${whatHappened[row.sign]} ${seqText(row.seq)}`;
    }
    case "file":
      return name(row.path);
  }
}

const whatHappened = {
  "+": words("this line came at"),
  "-": words("this line went at"),
  "=": words("this line was there already at"),
} as const;

function footerText({ rows, place, searched, notes, question, head }: Listing): Line {
  const count = rows.length === 0 ? 0 : place.row + 1;
  const percent = typeof searched === "number" && head > 0 ? (100 * searched) / head : 100;
  const progress =
    searched === "all" || question.of !== "text" ? words("") : phrase`${Math.floor(percent)}%  `;
  const [note] = notes;
  const more = note === undefined ? words("") : phrase`${printable(note)}  `;
  return [
    span(progress, "warning"),
    span(more, "warning"),
    span(phrase`${formatCount(count)} of ${formatCount(rows.length)}`, "dim"),
  ];
}
