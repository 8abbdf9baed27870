import { colorsFor } from "../../src/text/index.ts";
import { changesOnly } from "./changes-only.ts";
import { type Glyphs, ascii, unicode } from "../draw/glyphs.ts";
import type { Program } from "../program/program.ts";
import type { Recording } from "../recording/recording.ts";
import { withoutReports } from "./reports.ts";
import type { State } from "../state/state.ts";
import { modesFor, terminalHost } from "./terminal.ts";
import { askBackground } from "../keys/reports.ts";
import { themeFor } from "../draw/theme.ts";

/** Output and input of the debugger. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Draws with ASCII only; by default the locale decides. */
  readonly ascii?: boolean;
  /** Leaves the mouse to the terminal. */
  readonly mouse?: "no mouse";
}

/** A debugger that is on the screen. */
export interface Session {
  readonly program: Program;
  /** Resolves when the last frame has been written. */
  readonly flushed: () => Promise<void>;
  /** The exit code, once the user has left and the terminal is restored. */
  readonly ended: Promise<number>;
}

/** Returns the signs that a terminal can show. */
export function glyphsOf({
  env,
  ascii: asciiOnly = !speaksUnicode(env),
}: Pick<Terminal, "ascii" | "env">): Glyphs {
  return asciiOnly ? ascii : unicode;
}

/** Takes the terminal, draws the state, and restores the terminal however it ends. */
export async function openSession(
  { stdin, stdout, env, mouse }: Omit<Terminal, "ascii">,
  recording: Recording,
  start: State,
): Promise<Session> {
  // React's development build costs a third more for each key.
  process.env["NODE_ENV"] ??= "production";
  const [{ render }, { createElement }, { App }, { startProgram }] = await Promise.all([
    import("ink"),
    import("react"),
    import("./app.ts"),
    import("../program/program.ts"),
  ]);

  let code: number | undefined;
  let unmount: (terminal: "is there" | "is gone") => void = () => {};
  const leave: Leave = (wanted, terminal = "is there") => {
    code ??= wanted;
    unmount(terminal);
  };
  const colors = colorsFor(true, env);
  const modes = modesFor(mouse ?? "mouse");
  const host = terminalHost({ stdin, stdout, env, modes, exit: leave });
  const program = startProgram(start, recording, host);
  const release = holdTerminal({ stdin, stdout, modes, program, leave });
  const themes = { dark: themeFor(colors, "dark"), light: themeFor(colors, "light") };
  const instance = render(createElement(App, { program, themes }), {
    stdout: changesOnly(stdout),
    stdin: withoutReports(stdin, program),
    alternateScreen: true,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 30,
  });
  // The console of Linux shows a question that it does not know.
  if (colors === "on" && env["TERM"] !== "linux") stdout.write(askBackground);
  unmount = (terminal) => {
    unmount = () => {};
    // Otherwise tmux keeps rows of this screen if it was widened meanwhile.
    if (terminal === "is there") instance.clear();
    instance.unmount();
  };
  const ended = instance
    .waitUntilExit()
    .finally(() => {
      program.stop();
      release();
    })
    .then(() => code ?? 0);
  return { program, flushed: () => instance.waitUntilRenderFlush(), ended };
}

/** Ends the debugger with an exit code, that of the first call. */
type Leave = (code: number, terminal?: "is there" | "is gone") => void;

interface Held {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly modes: ReturnType<typeof modesFor>;
  readonly program: Program;
  readonly leave: Leave;
}

/** Sets the terminal's modes, and answers what it and signals say; returns a function that restores the terminal. */
function holdTerminal({ stdin, stdout, modes, program, leave }: Held): () => void {
  const onResize = (): void => program.resize(stdout.columns, stdout.rows);
  // 128 plus the number of the signal, as shells report it.
  const signals = [
    ["SIGHUP", () => leave(129)],
    ["SIGINT", () => leave(130)],
    ["SIGTERM", () => leave(143)],
    // ^Z typed before the terminal passes on raw keys, and `kill -TSTP` from another terminal.
    ["SIGTSTP", () => program.suspend()],
  ] as const;
  // For any other end of the process: Ink restores its own modes, line wrapping and the mouse are ours.
  const onExit = (): void => void stdout.write(modes.off);
  // A terminal that is gone takes no more bytes, and nobody sees messages: each try is one more error.
  const onGone = (): void => leave(0, "is gone");
  stdout.on("resize", onResize).on("error", onGone);
  stdin.on("error", onGone).on("end", onGone);
  for (const [signal, leaveBy] of signals) process.on(signal, leaveBy);
  process.on("exit", onExit);
  stdout.write(modes.on);
  return () => {
    // Errors of the terminal are still handled: the last bytes may fail.
    stdout.off("resize", onResize);
    stdin.off("error", onGone).off("end", onGone);
    for (const [signal, leaveBy] of signals) process.off(signal, leaveBy);
    process.off("exit", onExit);
    if (stdout.writable) stdout.write(modes.off);
  };
}

/** Follows POSIX: LC_ALL before LC_CTYPE before LANG. */
function speaksUnicode(env: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "");
}
