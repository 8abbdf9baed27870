import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** A command of this machine's shell, to run on a journal's filesystem. */
export interface Command {
  readonly journal: string;
  /** The folder of the machine where it finds the filesystem. */
  readonly folder: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly command: string;
  /** The directory that it starts in: a path from the filesystem's root. */
  readonly directory: string;
  /** Variables besides the usual ones. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Ends it after this time; 0: no limit. */
  readonly seconds?: number;
  readonly signal?: AbortSignal | undefined;
}

export type Running = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Starts a command as `rewindfs exec` does, in a process of its own, which writes the journal until it ends: nobody else
 * may have it open for writing. Exit code 125 is that of a command that could not begin, with the reason on stderr.
 */
export function startCommand({
  journal,
  folder,
  labels,
  command,
  directory,
  environment = {},
  seconds = 0,
  signal,
}: Command): Running {
  const main = import.meta.url.endsWith(".ts") ? "../../dist/main.js" : "./main.js";
  const given = [
    ...Object.entries(labels).flatMap(([name, text]) => ["--label", `${name}=${text}`]),
    // The values go through this process's environment: everybody on the machine can read command lines.
    ...Object.keys(environment).flatMap((name) => ["--env", name]),
    ...(seconds === 0 ? [] : ["--timeout", String(seconds)]),
  ];
  return spawn(
    process.execPath,
    [
      fileURLToPath(new URL(main, import.meta.url)),
      "-j",
      resolve(journal),
      "exec",
      "--quiet",
      "--no-dir",
      ...given,
      "--",
      "/bin/sh",
      "-c",
      script,
      "sh",
      `./${directory}`,
      command,
    ],
    {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["pipe", "pipe", "pipe"],
      ...(signal === undefined ? {} : { signal }),
    },
  );
}

const script = `cd -- "$1" && exec "$(command -v bash || echo sh)" -c "$2"`;

/** Resolves with the exit code of a command when it has ended, and all that it printed has come. */
export async function exitOf(running: Running): Promise<number> {
  const ended = once(running, "close");
  // A child that is aborted, or cannot be started, emits an error, and "close" all the same.
  running.on("error", () => {});
  const [code]: (number | null)[] = await ended;
  return code ?? failed;
}

/** The exit code of a command that could not begin, or whose end nobody saw. */
const failed = 125;
