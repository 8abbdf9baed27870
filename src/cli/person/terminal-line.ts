import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/**
 * Reads from the terminal on descriptor 0, which a program may be using: not what was typed before, and in the usual
 * mode, which is taken back afterwards. $TEXT is printed before, and what was typed goes to descriptor 1.
 */
const reading = `
saved=$(stty -g) || exit 1
trap 'stty "$saved"; exit 1' TERM
stty -icanon min 0 time 0 && cat >/dev/null
stty sane
printf '%s' "$TEXT" >&0
IFS= read -r answer
status=$?
stty "$saved"
printf '%s' "$answer"
exit $status`;

/**
 * Prints a text on the terminal of this process, and reads a line there; undefined if there is no terminal, its input
 * ends, or the signal aborts. The reader has a session of its own: this process may be in the background of its terminal,
 * where a program that it started is in front, and reading would stop it.
 */
export async function askAtTerminal(
  text: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const terminal = openTerminal();
  if (terminal === undefined || signal.aborted) return undefined;
  try {
    const reader = spawn("/bin/sh", ["-c", reading], {
      detached: true,
      stdio: [terminal, "pipe", "ignore"],
      env: { PATH: "/usr/bin:/bin", TEXT: text },
    });
    const end = (): void => void reader.kill("SIGTERM");
    signal.addEventListener("abort", end);
    let line = "";
    reader.stdout?.setEncoding("utf8").on("data", (part: string) => {
      if (line.length < longestLine) line += part;
    });
    const status = await new Promise((resolve) => {
      reader.on("error", () => resolve(1));
      reader.on("close", resolve);
    });
    signal.removeEventListener("abort", end);
    return status === 0 ? line.slice(0, longestLine) : undefined;
  } finally {
    closeSync(terminal);
  }
}

const longestLine = 1_000;

/** Tells if this process has a terminal. */
export function hasTerminal(): boolean {
  const terminal = openTerminal();
  if (terminal !== undefined) closeSync(terminal);
  return terminal !== undefined;
}

function openTerminal(): number | undefined {
  try {
    return openSync("/dev/tty", "r+");
  } catch {
    return undefined;
  }
}
