import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import { type Printable, decode, printable, printableBytes } from "../../src/text/index.ts";
import { expandTabs } from "../draw/cells.ts";
import { mouseOff, mouseOn } from "../keys/reports.ts";
import type { Host } from "../program/host.ts";

export type Output = NodeJS.WriteStream;

/** Returns the real machine. `exit` is called once, with the process's exit code. */
export function terminalHost({
  stdin,
  stdout,
  env,
  modes,
  exit,
}: {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Output;
  readonly env: NodeJS.ProcessEnv;
  readonly modes: Modes;
  readonly exit: (code: number) => void;
}): Host {
  return {
    now: () => performance.now(),
    exit,
    // OSC 52: the copied text is the visible one, so that raw guest text is never pasted.
    copy: (text) =>
      void stdout.write(`\x1b]52;c;${Buffer.from(text, "utf8").toString("base64")}\x07`),
    page: async (path, bytes) => {
      await stopReading(stdin);
      await page(path, bytes, { stdout, env, modes });
    },
    save: (target, bytes) => writeFileSync(target, bytes, { flag: "wx" }),
    stopProcess: () => stopProcess(stdout, modes),
  };
}

/**
 * Leaves the keys to another program. Ink removes its listener and adds it again when it has the terminal back, but
 * Node would go on reading in between; it stops one turn after the last listener is gone.
 */
async function stopReading(stdin: NodeJS.ReadStream): Promise<void> {
  await nextTurn();
  stdin.pause();
  await nextTurn();
}

/** Codes for the modes of the terminal that are the debugger's own, and to take them back. */
export interface Modes {
  readonly on: string;
  readonly off: string;
}

/** A wrong width spoils one row, not the screen: long lines are not wrapped. */
const wrapOff = "\x1b[?7l";
const wrapOn = "\x1b[?7h";

export function modesFor(mouse: "mouse" | "no mouse"): Modes {
  return mouse === "mouse"
    ? { on: wrapOff + mouseOn, off: mouseOff + wrapOn }
    : { on: wrapOff, off: wrapOn };
}

/**
 * Shows a file in $PAGER, which gets visible text only, as some pagers pass on control characters. A private directory
 * hides the file from others and is removed when the pager ends.
 */
async function page(
  path: string,
  bytes: Uint8Array,
  {
    stdout,
    env,
    modes,
  }: { readonly stdout: Output; readonly env: NodeJS.ProcessEnv; readonly modes: Modes },
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "rewindfs-"));
  const file = join(directory, "file.txt");
  try {
    writeFileSync(file, `${printable(path)}\n\n${visible(bytes)}`, { flag: "wx", mode: 0o400 });
    stdout.write(modes.off);
    const command = env["PAGER"] || "less";
    // $PAGER is a command line, as for git and man.
    await run("/bin/sh", ["-c", `${command} "$1"`, "sh", file], env);
  } finally {
    stdout.write(modes.on);
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

function stopProcess(stdout: Output, modes: Modes): Promise<void> {
  return new Promise((resolve) => {
    const listeners = process.listeners("SIGTSTP");
    process.once("SIGCONT", () => {
      for (const listener of listeners) process.on("SIGTSTP", listener);
      stdout.write(modes.on);
      resolve();
    });
    stdout.write(modes.off);
    // Ink has restored the terminal by now. The default action, not our own listener, must stop this process; a shell
    // distinguishes SIGSTOP.
    process.removeAllListeners("SIGTSTP");
    process.kill(process.pid, "SIGTSTP");
  });
}
