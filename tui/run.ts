import type { Readable } from "node:stream";

import { JournalError, type Seq } from "../journal/index.ts";
import { RevisionError } from "../src/history/index.ts";
import { colorsFor, printable } from "../src/text/index.ts";
import { arrange } from "./arrange.ts";
import { ascii, unicode } from "./glyphs.ts";
import { layout, timelinePlace } from "./layout.ts";
import { pathOfEvent } from "./moment.ts";
import { type Recording, openRecording } from "./recording.ts";
import { type State, initialState } from "./state.ts";
import { terminalHost, wrapOff, wrapOn } from "./terminal.ts";
import { themeFor } from "./theme.ts";

export interface TuiOptions {
  readonly journalFile: string;
  /** A revision to begin at; without it the debugger begins at the end. */
  readonly at?: string;
  /** Draws with ASCII only; without it the locale decides. */
  readonly ascii?: boolean;
  readonly stdin: NodeJS.ReadStream | Readable;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: NodeJS.ProcessEnv;
}

/** Exit codes of the debugger: the same as those of the other commands. */
const exits = { done: 0, usage: 2, damaged: 3, bug: 70 } as const;

/**
 * Runs the debugger in the terminal until the user quits, and resolves to the exit code. Whatever ends it, the terminal
 * is as it was: also by SIGTERM, SIGHUP, a bug, or a terminal that goes away.
 */
export async function runTui(options: TuiOptions): Promise<number> {
  const refusal = refuse(options);
  if (refusal !== undefined) return tell(options, refusal.message, refusal.hint, exits.usage);
  let recording: Recording | undefined;
  try {
    recording = openRecording(options.journalFile);
    return await show(options, recording);
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
  stderr.write(`rewindfs: ${printable(message)}\n`);
  if (hint !== undefined) stderr.write(`Hint: ${printable(hint)}\n`);
  return code;
}

async function show(options: TuiOptions, recording: Recording): Promise<number> {
  const { stdout, stdin, stderr, env } = options;
  const begin = startState(options, recording);
  // React's development build costs a third more for each key.
  process.env["NODE_ENV"] ??= "production";
  const [{ render }, { createElement }, { App }, { startProgram }] = await Promise.all([
    import("ink"),
    import("react"),
    import("./app.tsx"),
    import("./program.ts"),
  ]);

  let code: number = exits.done;
  let leave: (() => void) | undefined;
  const exit = (wanted: number): void => {
    code = wanted;
    leave?.();
  };
  const host = terminalHost(stdout, env, exit);
  const program = startProgram(begin, recording, host);
  const isAscii = options.ascii === true || !speaksUnicode(env);
  const props = {
    program,
    glyphs: isAscii ? ascii : unicode,
    theme: themeFor(colorsFor(true, env)),
  };

  const onResize = (): void => program.resize(stdout.columns, stdout.rows);
  const onHangUp = (): void => exit(129);
  // A terminal that went away takes no more bytes; there is nobody to tell.
  const onError = (): void => exit(exits.done);
  stdout.on("resize", onResize);
  stdout.on("error", onError);
  stdin.on("error", onError);
  stdin.on("end", onError);
  process.on("SIGHUP", onHangUp);
  stdout.write(wrapOff);
  try {
    const instance = render(createElement(App, props), {
      stdout,
      stdin: stdin as NodeJS.ReadStream,
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      exitOnCtrlC: false,
      patchConsole: false,
      maxFps: 30,
    });
    leave = () => {
      // Else tmux leaves rows of the old screen behind when it was widened meanwhile.
      instance.clear();
      instance.unmount();
    };
    await instance.waitUntilExit();
    return code;
  } finally {
    program.stop();
    stdout.off("resize", onResize);
    stdin.off("error", onError);
    stdin.off("end", onError);
    process.off("SIGHUP", onHangUp);
    if (stdout.writable) stdout.write(wrapOn);
    void stderr;
  }
}

/** Begins at a revision, or at the end and then follows a guest that is at work. */
function startState({ at, stdout }: TuiOptions, recording: Recording): State {
  const head = recording.head();
  const cursor = at === undefined ? head : recording.history.resolve(at);
  const size = { columns: stdout.columns, rows: stdout.rows };
  const isRunning = recording.runs().at(-1)?.end === undefined && head > 0;
  const mode =
    at === undefined && (isRunning || head === 0)
      ? ({ kind: "live" } as const)
      : ({ kind: "paused", known: head } as const);
  const state = initialState({ size, head, cursor, mode });
  const placed = {
    ...state,
    timelineFirst: timelinePlace(layout(size, "timeline", "split"), cursor),
  };
  const path = firstPath(recording, cursor);
  return arrange(path === undefined ? placed : { ...placed, path }, recording);
}

/** Events that are looked through for a path to begin with. */
const fewEvents = 64;

/** What the last event before a moment is about that is about a path. */
function firstPath(recording: Recording, cursor: Seq): string | undefined {
  for (let seq = cursor; seq > 0 && seq > cursor - fewEvents; seq = (seq - 1) as Seq) {
    const event = recording.event(seq);
    const path = event === undefined ? undefined : pathOfEvent(event);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** POSIX: LC_ALL before LC_CTYPE before LANG. */
function speaksUnicode(env: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "");
}
