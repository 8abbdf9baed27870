import { JournalError, type ReaderOptions, type Seq } from "../../journal/index.ts";
import { RevisionError } from "../../src/history/index.ts";
import { phrase, printable } from "../../src/text/index.ts";
import { arrange } from "../rows/arrange.ts";
import { layout, timelinePlace } from "../draw/layout.ts";
import { pathShownAt } from "../state/moment.ts";
import { type Elsewhere, type Recording, openRecording } from "../recording/recording.ts";
import { backgroundIn } from "./reports.ts";
import { type Terminal, glyphsOf, openSession } from "./session.ts";
import { type State, type Toast, initialState } from "../state/state.ts";

export interface TuiOptions extends Terminal {
  readonly journalFile: string;
  /** The journal's place if it is in a depot: the file holds what was fetched of it. */
  readonly elsewhere?: Elsewhere;
  /** A revision to begin at; the end by default. */
  readonly at?: string;
  readonly stderr: NodeJS.WritableStream;
  /** Called with unread events, before the screen is taken. */
  readonly onLeft?: ReaderOptions["onLeft"];
}

/** Exit codes of the debugger, equal to those of the other commands. */
const exits = { usage: 2, damaged: 3, bug: 70 } as const;

/**
 * Runs the debugger in the terminal until the user quits, and resolves to the exit code. However it ends, the terminal
 * is restored: also after SIGTERM, SIGHUP, a bug, or the loss of the terminal.
 */
export async function runTui(options: TuiOptions): Promise<number> {
  const refusal = refuse(options);
  if (refusal !== undefined) return tell(options, refusal.message, refusal.hint, exits.usage);
  let recording: Recording | undefined;
  try {
    recording = openRecording(options.journalFile, options.onLeft, options.elsewhere);
    const session = await openSession(options, recording, startState(options, recording));
    return await session.ended;
  } catch (error) {
    if (error instanceof JournalError)
      return tell(
        options,
        error.message,
        error.hint,
        error.code === "damaged" ? exits.damaged : exits.usage,
      );
    if (error instanceof RevisionError)
      return tell(options, error.message, error.hint, exits.usage);
    const { message } = error instanceof Error ? error : { message: String(error) };
    return tell(options, `this should not have happened: ${message}`, undefined, exits.bug);
  } finally {
    recording?.close();
  }
}

interface Refusal {
  readonly message: string;
  readonly hint: string;
}

function refuse({ stdin, stdout, env }: TuiOptions): Refusal | undefined {
  const hint = "`rewindfs log` tells the same story without one.";
  if (!("isTTY" in stdin && stdin.isTTY) || !stdout.isTTY)
    return { message: "the debugger needs a terminal for input and output", hint };
  if (env["TERM"] === "dumb")
    return { message: "this terminal (TERM=dumb) cannot move its cursor", hint };
  return undefined;
}

function tell(
  { stderr }: TuiOptions,
  message: string,
  hint: string | undefined,
  code: number,
): number {
  // The sentence continues after our name.
  const begun = message.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  stderr.write(`rewindfs: ${printable(begun)}\n`);
  if (hint !== undefined) stderr.write(`Hint: ${printable(hint)}\n`);
  return code;
}

/** Returns the first state: at a revision, or at the end, following a working guest. */
export function startState(
  options: Pick<TuiOptions, "ascii" | "at" | "env" | "stdout">,
  recording: Recording,
): State {
  const { at, stdout } = options;
  const head = recording.head();
  const isRunning = recording.runs().at(-1)?.end === undefined && head > 0;
  const isLive = at === undefined && (isRunning || head === 0);
  const opening = at === undefined && !isLive ? openingOf(recording) : undefined;
  const cursor = opening?.at ?? (at === undefined ? head : recording.history.resolve(at));
  const size = { columns: stdout.columns, rows: stdout.rows };
  const mode = isLive ? ({ kind: "live" } as const) : ({ kind: "paused", known: head } as const);
  const state = beginning(
    initialState({
      size,
      head,
      cursor,
      mode,
      glyphs: glyphsOf(options),
      background: backgroundIn(options.env),
    }),
    recording,
  );
  const placed = {
    ...state,
    ...(opening === undefined ? {} : { toast: opening.toast }),
    timelineFirst: timelinePlace(layout(size, "timeline", "split"), cursor),
  };
  const path = firstPath(recording, cursor);
  return arrange(path === undefined ? placed : { ...placed, path, shownPath: path }, recording);
}

/**
 * Returns the end of the last program's run, where all that it changed is listed, and says how to reach its beginning;
 * undefined if no program ran.
 */
function openingOf(recording: Recording): { readonly at: Seq; readonly toast: Toast } | undefined {
  const runs = recording.runs();
  const program = runs.findLast(({ start: { cause } }) => cause === "guest" || cause === "library");
  if (program?.end === undefined) return undefined;
  const isLast = program === runs.at(-1);
  const text = isLast
    ? phrase`This is the end of run ${program.run}; { goes to where it began, ? lists the keys.`
    : phrase`The last program, run ${program.run}, ended here; { goes to its start, G to the end.`;
  return { at: isLast ? recording.head() : program.last, toast: { kind: "done", text } };
}

/** Marks the costly panels as waiting, if their first moment needs work. */
function beginning(state: State, recording: Recording): State {
  const isAtHand = recording.nearness(state.cursor) === "at hand";
  return isAtHand ? state : { ...state, settled: 0 as Seq, replay: "states" };
}

/** Number of events searched for a first path. */
const fewEvents = 64;

/** Returns the path that the last event up to a moment concerns, of those that concern any. */
function firstPath(recording: Recording, cursor: Seq): string | undefined {
  for (let seq = cursor; seq > 0 && seq > cursor - fewEvents; seq = (seq - 1) as Seq) {
    const event = recording.event(seq);
    const path = event === undefined ? undefined : pathShownAt(recording, event);
    if (path !== undefined) return path;
  }
  return undefined;
}
