import { spawn } from "@lydell/node-pty";

import { start } from "./command.ts";

/** Runs rewindfs on a terminal of 80 columns; returns all bytes it sent there, as text, and its exit code. */
export function onTerminal(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
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
      ...env,
    },
  });
  let sent = "";
  terminal.onData((data) => {
    sent += data;
  });
  return new Promise((resolve) => {
    terminal.onExit(({ exitCode }) => resolve({ sent, exit: exitCode }));
  });
}
