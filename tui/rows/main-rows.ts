import { JournalError } from "../../journal/index.ts";
import { phrase, printable, words } from "../../src/text/index.ts";
import { wrapped } from "../draw/cells.ts";
import { blameRows } from "./blame-rows.ts";
import { contentRows } from "./content-rows.ts";
import { diffRows } from "./diff-rows.ts";
import { eventRows } from "./event-rows.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { bytesPerRow } from "../draw/hex-rows.ts";
import { innerWidth, layout } from "../draw/layout.ts";
import { guestSpans, span } from "../draw/line.ts";
import type { Recording } from "../recording/recording.ts";
import { type Rows, message } from "../draw/rows.ts";
import { type State, pathIn } from "../state/state.ts";

/** Returns a key of everything that the main panel depends on. */
export function mainKey(state: State): string {
  const { main, settled, pin, edits, overlay } = state;
  const since = overlay?.kind === "preview" ? "now" : "";
  return main.tab === "event"
    ? `event ${settled}`
    : `${main.tab} ${main.form} ${edits} ${pin ?? ""}${since} ${settled} ${pathIn(state)}`;
}

/** Identifies what the main panel shows, row by row. */
export function mainContents(state: State): string {
  return `${columnsOf(state)} ${mainKey(state)}`;
}

/** Lists the rows of the open tab. Damage to the journal is reported in its place. */
export function mainRows(state: State, recording: Recording): Rows {
  const { glyphs } = state;
  const rows = recording.built.get(mainContents(state), () =>
    readable(state, recording, glyphs, () => build(state, recording, glyphs)),
  );
  return rows as Rows;
}

/** Reserves a column of the panel for the cursor's sign. */
function columnsOf({ size, focus, zoom }: State): number {
  return innerWidth(layout(size, focus, zoom), "main") - 1;
}

function build(state: State, recording: Recording, glyphs: Glyphs): Rows {
  const { main, settled: at, pin, edits } = state;
  const path = pathIn(state);
  const columns = columnsOf(state);
  const perRow = bytesPerRow(columns);
  const isPreview = state.overlay?.kind === "preview";
  switch (main.tab) {
    case "diff":
      return diffRows(recording, { path, at, pin, perRow, columns, isPreview, edits }, glyphs);
    case "content":
      return contentRows(recording, { path, at, form: main.form, perRow, columns, edits }, glyphs);
    case "blame":
      return blameRows(recording, { path, at, form: main.form, perRow, columns, edits }, glyphs);
    case "event":
      return eventRows(recording, at, perRow, glyphs);
  }
}

function readable(state: State, recording: Recording, glyphs: Glyphs, rows: () => Rows): Rows {
  try {
    return rows();
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return message(
      [[span(words("This cannot be shown"), "refused")], []],
      [
        ...wrapped(glyphs.shown(printable(error.message)), columnsOf(state)).map((line) =>
          guestSpans(line),
        ),
        [],
        [span(phrase`rewindfs verify -j ${glyphs.guest(recording.file)}`, "strong")],
        [span(words("lists everything that is damaged."))],
      ],
    );
  }
}
