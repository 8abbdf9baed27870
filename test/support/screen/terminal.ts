import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";

import { compiled, start } from "./command.ts";

/** A person's input: a line each time after this text, or all of them, has come; the end of input after the last. */
export interface Typed {
  readonly after: string | readonly string[];
  readonly say: readonly string[];
}

/** Runs rewindfs on a terminal of 80 columns; returns all bytes it sent there, as text, and its exit code. */
export function onTerminal(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { after, say }: Typed = { after: "", say: [] },
): Promise<{ readonly sent: string; readonly exit: number }> {
  const [program, main] = start;
  const terminal = spawn(program, [main, ...args], {
    cwd: folder,
    cols: 80,
    rows: 24,
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      TZ: "UTC",
      LANG: "C.UTF-8",
      TERM: "xterm",
      PAGER: "cat",
      ...compiled,
      ...env,
    },
  });
  let sent = "";
  let answered = 0;
  terminal.onData((data) => {
    sent += data;
    const texts = [after].flat();
    const asked = Math.min(...texts.map((text) => (text === "" ? 0 : sent.split(text).length - 1)));
    for (; answered < asked; answered += 1) terminal.write(`${say[answered] ?? "\x04"}\r`);
  });
  return new Promise((resolve) => {
    terminal.onExit(({ exitCode }) => resolve({ sent, exit: exitCode }));
  });
}

/** Returns the lines on a terminal of 80 columns after this output, without spaces at their ends. */
export async function linesOnScreen(sent: string): Promise<string[]> {
  const screen = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  await new Promise<void>((resolve) => screen.write(sent, resolve));
  const { active } = screen.buffer;
  return Array.from(
    { length: active.length },
    (_, row) => active.getLine(row)?.translateToString(true).trimEnd() ?? "",
  );
}
