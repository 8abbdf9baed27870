import type { Run, Seq } from "../../journal/index.ts";
import type { Printable } from "../../src/text/index.ts";
import { words } from "../../src/text/index.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { type Line, type Span, span } from "../draw/line.ts";
import type { Recording } from "../recording/recording.ts";
import type { State } from "../state/state.ts";
import type { Role } from "../draw/theme.ts";

/** The whole journal on a strip: for each column the last event that belongs to it. */
export interface Axis {
  readonly lasts: readonly Seq[];
  /** For each column, the most events in a column of its run: an import does not flatten what programs did. */
  readonly busiest: readonly number[];
}

/** Limits the runs that the strip distinguishes. */
const mostRuns = 2_000;

/**
 * Spreads the events over columns: each run by its share of time and of events (imports get less), events within a run by their time. Idle
 * time between the runs takes no room.
 */
export function axisOf(recording: Recording, head: Seq, columns: number): Axis {
  const runs = recording.runs();
  const lasts =
    runs.length === 0 || runs.length > mostRuns
      ? Array.from(
          { length: columns },
          (_, column) => Math.round((head * (column + 1)) / columns) as Seq,
        )
      : spread(recording, runs, head, columns);
  return { lasts, busiest: busiestOf(lasts, runs.length > mostRuns ? [] : runs) };
}

/** Returns the most events in a column, for each run by itself. */
function busiestOf(lasts: readonly Seq[], runs: readonly Run[]): readonly number[] {
  let part = 0;
  const runOf = lasts.map((last) => {
    while (part < runs.length - 1 && (runs[part]?.last ?? 0) < last) part += 1;
    return part;
  });
  const most = new Map<number, number>();
  for (const [column, last] of lasts.entries()) {
    const run = runOf[column] ?? 0;
    // A column can begin in the run before.
    const before = Math.max(lasts[column - 1] ?? 0, (runs[run]?.first ?? 1) - 1);
    most.set(run, Math.max(most.get(run) ?? 1, last - before));
  }
  return runOf.map((run) => most.get(run) ?? 1);
}

function spread(recording: Recording, runs: readonly Run[], head: Seq, columns: number): Seq[] {
  const parts = runs.map(({ first, last, start: { time: start }, end }) => {
    const stop = end?.time ?? recording.timeOf(last);
    return { first, last, start, span: Number(stop - start) };
  });
  const time = parts.reduce((sum, part) => sum + part.span, 0) || 1;
  const events = parts.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const shares = withoutCrowd(
    runs,
    parts.map(({ first, last, span }) => span / time / 2 + (last - first + 1) / events / 2),
  );
  const total = shares.reduce((sum, share) => sum + share, 0);
  const lasts: Seq[] = [];
  let part = 0;
  let before = 0;
  for (let column = 0; column < columns; column += 1) {
    const place = (total * (column + 1)) / columns;
    while (part < parts.length - 1 && before + (shares[part] ?? 0) <= place) {
      before += shares[part] ?? 0;
      part += 1;
    }
    lasts.push(lastIn(recording, parts[part], (place - before) / (shares[part] ?? 1)));
  }
  lasts[columns - 1] = head;
  return lasts;
}

/** Part of the strip that imports have at most, beside runs of another kind. */
const mostOfImports = 0.25;

/** Makes imports smaller if they would crowd out the rest, which people look for. */
function withoutCrowd(runs: readonly Run[], shares: readonly number[]): readonly number[] {
  const isImport = runs.map(({ start }) => start.cause === "import");
  const sum = (of: boolean) =>
    shares.reduce((total, share, index) => total + (isImport[index] === of ? share : 0), 0);
  const [imports, others] = [sum(true), sum(false)];
  const room = (others * mostOfImports) / (1 - mostOfImports);
  if (others === 0 || imports <= room) return shares;
  return shares.map((share, index) =>
    isImport[index] === true ? (share * room) / imports : share,
  );
}

/** Returns the last event within a fraction (0 to 1) of a run's time. */
function lastIn(
  recording: Recording,
  run:
    | { readonly first: Seq; readonly last: Seq; readonly start: bigint; readonly span: number }
    | undefined,
  share: number,
): Seq {
  if (run === undefined) return 0 as Seq;
  if (share >= 1) return run.last;
  // Events of the same time are spread by their number.
  if (run.span === 0) return (run.first + Math.floor((run.last - run.first) * share)) as Seq;
  const { journal } = recording;
  const time = run.start + BigInt(Math.round(run.span * share));
  // Of a journal that is elsewhere each column would fetch a piece.
  const seq = journal.seqNearTime?.(time) ?? journal.seqAtTime(time);
  return Math.min(Math.max(seq, run.first - 1), run.last) as Seq;
}

/** Returns the column of an event. */
export function columnOf({ lasts }: Axis, seq: Seq): number {
  let low = 0;
  let high = lasts.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lasts[middle] ?? 0) >= seq) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Builds the strip, and above it, if there are two rows, the moment, breakpoint hits, marks and the starts of runs. */
export function scrubberLines(
  state: State,
  recording: Recording,
  width: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] {
  const columns = width - 2;
  const axis = shownAxis(recording, state.head, columns);
  const cells: Span[] = axis.lasts.map((last, column) =>
    span(
      levelOf(last - (axis.lasts[column - 1] ?? 0), axis.busiest[column] ?? 1, glyphs),
      "activity",
    ),
  );
  const now = columnOf(axis, state.cursor);
  if (rows === 1) {
    cells[now] = span(glyphs.nowBar, "now");
    return [withEdges(cells)];
  }
  const above: Span[] = Array.from({ length: columns }, () => span(words(" ")));
  const put = (seq: Seq, text: Printable, role: Role): void => {
    above[columnOf(axis, seq)] = span(text, role);
  };
  for (const { first } of recording.runs().slice(-mostRuns)) put(first, glyphs.run, "dim");
  const hits = state.hits?.matches;
  if (hits !== undefined)
    for (let row = 0; row < hits.count;) {
      const column = columnOf(axis, hits.at(row));
      above[column] = span(glyphs.breakpoint, "breakpoint");
      // Continue with the first hit beyond this column.
      row = Math.max(row, hits.rowOf(axis.lasts[column] ?? state.head)) + 1;
    }
  for (const { name, at } of recording.marks()) {
    const [letter = " "] = glyphs.guest(name);
    put(at, letter as Printable, "title");
  }
  if (state.pin !== undefined) put(state.pin, glyphs.pin, "pin");
  above[now] = span(glyphs.now, "now");
  return [withEdges(above), withEdges(cells)];
}

/** Returns the moment of a column of the screen. */
export function momentAt(state: State, recording: Recording, width: number, column: number): Seq {
  const { lasts } = shownAxis(recording, state.head, width - 2);
  return lasts[Math.max(0, Math.min(column - 1, lasts.length - 1))] ?? state.cursor;
}

function withEdges(cells: readonly Span[]): Line {
  return [span(words(" ")), ...cells, span(words(" "))];
}

function levelOf(count: number, busiest: number, { levels }: Glyphs): Printable {
  if (count <= 0) return levels[0] ?? words(" ");
  const top = levels.length - 1;
  // The root keeps quiet times visible beside busy ones.
  const part = Math.min(1, count / busiest);
  return levels[Math.max(1, Math.ceil(top * Math.sqrt(part)))] ?? words(" ");
}

/** Returns the axis, rebuilt when the journal has grown by a 256th; until then new events belong to the last column. */
function shownAxis(recording: Recording, head: Seq, columns: number): Axis {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, head))) - 8);
  const key = `axis ${Math.floor(head / step)} ${columns}`;
  return recording.built.get(key, () => axisOf(recording, head, columns)) as Axis;
}
