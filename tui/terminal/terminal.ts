import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import { type Printable, decode, printable, printableBytes } from "../../src/text/index.ts";
import { expandTabs } from "../draw/cells.ts";
import type { Host } from "./host.ts";

export type Output = NodeJS.WriteStream;

/** The real machine. `exit` is told once, with the code that the process is to end with. */
export function terminalHost({
  stdin,
  stdout,
  env,
  exit,
}: {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Output;
  readonly env: NodeJS.ProcessEnv;
  readonly exit: (code: number) => void;
}): Host {
  return {
    now: () => performance.now(),
    exit,
    // OSC 52: what is copied is what was shown, so that nothing a guest wrote is ever pasted raw.
    copy: (text) =>
      void stdout.write(`\x1b]52;c;${Buffer.from(text, "utf8").toString("base64")}\x07`),
    page: async (path, bytes) => {
      await stopReading(stdin);
      await page(path, bytes, stdout, env);
    },
    save: (target, bytes) => writeFileSync(target, bytes, { flag: "wx" }),
    stopProcess: () => stopProcess(stdout),
  };
}

/**
 * Leaves the keys to another program. Ink takes its listener away and starts to listen again when it has the terminal
 * back, but Node would go on reading in between; it stops once it has seen that nobody listens, which takes a turn.
 */
async function stopReading(stdin: NodeJS.ReadStream): Promise<void> {
  await nextTurn();
  stdin.pause();
  await nextTurn();
}

/** A wrong width costs one row and not the screen: lines that are too long are not wrapped. */
export const wrapOff = "\x1b[?7l";
export const wrapOn = "\x1b[?7h";

/**
 * Shows a file in $PAGER, which gets visible text only: a pager that hands control characters on gets none. A directory
 * of its own keeps the file from others and goes when the pager ends.
 */
async function page(
  path: string,
  bytes: Uint8Array,
  stdout: Output,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "rewindfs-"));
  const file = join(directory, "file.txt");
  try {
    writeFileSync(file, `${printable(path)}\n\n${visible(bytes)}`, { flag: "wx", mode: 0o400 });
    stdout.write(wrapOn);
    const command = env["PAGER"] || "less";
    // $PAGER is a command line, as for git and man.
    await run("/bin/sh", ["-c", `${command} "$1"`, "sh", file], env);
  } finally {
    stdout.write(wrapOff);
    rmSync(directory, { recursive: true, force: true });
  }
}

function visible(bytes: Uint8Array): Printable {
  const text = decode(bytes);
  if (text === undefined) return printableBytes(bytes);
  return text
    .split("\n")
    .map((line) => printable(expandTabs(line)))
    .join("\n") as Printable;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", env });
    child.on("error", reject);
    child.on("close", () => resolve());
  });
}

function stopProcess(stdout: Output): Promise<void> {
  return new Promise((resolve) => {
    const listeners = process.listeners("SIGTSTP");
    process.once("SIGCONT", () => {
      for (const listener of listeners) process.on("SIGTSTP", listener);
      stdout.write(wrapOff);
      resolve();
    });
    stdout.write(wrapOn);
    // Ink has put the terminal back by now. The default action, and not our own listener, is to stop this process; a
    // shell tells SIGSTOP apart from it.
    process.removeAllListeners("SIGTSTP");
    process.kill(process.pid, "SIGTSTP");
  });
}
