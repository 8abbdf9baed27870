import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

import { RunError } from "../ending/error.ts";
import { bubblewrapArguments } from "./bubblewrap.ts";
import { covering } from "./inherited.ts";
import { endingWithParent, limited } from "./limits.ts";
import { type Shown, nodeFiles } from "./node-files.ts";
import { type Support, findSupport } from "./support.ts";
import { unnamedFile } from "./unnamed-file.ts";

/** Strictness of isolation: `required` fails without it, `auto` takes what there is, `none` uses none. */
export type Isolation = "required" | "auto" | "none";

export interface Launch {
  readonly isolation: Isolation;
  /** Path of the script on the host, flags of Node.js before it, arguments after it. */
  readonly script: string;
  readonly nodeFlags?: readonly string[];
  readonly args: readonly string[];
  /**
   * Absolute paths of files and folders on the host that the child sees read-only, beside Node.js and `script`: at the
   * same path, or at the one given. (Node.js names the folder of a compile cache after the user, 65534 inside.)
   */
  readonly visible: readonly (string | Shown)[];
  /** All variables of the child's environment; an isolated child has LD_LIBRARY_PATH besides. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The child's descriptors, by number: a pipe, /dev/null, or one of this process. All others are closed. */
  readonly stdio: readonly ("pipe" | "ignore" | number)[];
  /**
   * Most bytes of private writable memory for the child (RLIMIT_DATA), 0 for no limit. Linux only. V8 counts 512 MiB
   * for the code of each thread in advance: below 600 MiB Node.js 24 does not start, and a worker needs as much again,
   * or its limit `codeRangeSizeMb`.
   */
  readonly memoryBytes: number;
  /** Most bytes of any file that the child writes (RLIMIT_FSIZE); no limit by default. Linux only. */
  readonly fileBytes?: number;
}

export interface Launched {
  /**
   * The process started: bubblewrap, or Node.js itself. It ends when the child ends, with its exit code; 128 + N after
   * signal N.
   */
  readonly process: ChildProcess;
  readonly how: "bubblewrap" | "none";
  /** Tells a person what isolation is missing; undefined if there is none missing, or none was asked for. */
  readonly missing: string | undefined;
  /** Ends the child and all its descendants at once. Does nothing if it has ended. */
  kill(): void;
  /** Stops all of the child's threads until `resume`. */
  pause(): void;
  resume(): void;
}

/**
 * Starts a script of Node.js that reaches nothing of the machine but the descriptors in `stdio`: it sees no file but
 * its own, no network, no other process, no environment, has no capability and no way to gain one, and ends with this
 * process (with the calling thread, if that is a worker). Throws RunError if isolation is required and not available.
 * Without isolation the child is an ordinary process with a memory limit only.
 *
 * If a child ends before it has sent anything, bubblewrap may have failed: `startFailure` tells, from its output on
 * descriptor 2. `support` is the result of `findSupport`, to start several.
 */
export function launch(options: Launch, support = supportFor(options.isolation)): Launched {
  const { script, nodeFlags = [], args, isolation, environment = {} } = options;
  if ("missing" in support && isolation === "required")
    throw new RunError("failed", `Cannot isolate the guest: ${support.missing}`, {
      hint: `${support.hint} Or run without, for guests that are trusted: --isolation none.`,
    });
  const node = [process.execPath, ...nodeFlags, script, ...args];
  if ("missing" in support) {
    const missing =
      isolation === "none"
        ? undefined
        : `the guest is not isolated: ${support.missing}. Hint: ${support.hint}`;
    return launched(start(endingWithParent(node), environment, options, []), "none", missing);
  }
  using filter = unnamedFile(support.filter);
  const files = [...nodeFiles(), ...[script, ...options.visible].map(placed)];
  const room = { files, environment, filter: options.stdio.length };
  const command = [support.bubblewrap, ...bubblewrapArguments(room), "--", ...node];
  return launched(start(command, {}, options, [filter.reader]), "bubblewrap", undefined);
}

function supportFor(isolation: Isolation): Support {
  return isolation === "none" ? { missing: "", hint: "" } : findSupport(process.env["PATH"]);
}

function placed(path: string | Shown): Shown {
  return typeof path === "string" ? { host: path, inside: path } : path;
}

/** Starts a command as the leader of a new session: one signal reaches all of it, and it has no terminal. */
function start(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  { stdio, memoryBytes, fileBytes = 0 }: Launch,
  more: readonly number[],
): ChildProcess {
  const [program = "", ...rest] = limited(command, { memoryBytes, fileBytes });
  const nothing = openSync(devNull, "r");
  try {
    return spawn(program, rest, {
      detached: true,
      env: { ...environment },
      stdio: covering([...stdio, ...more], nothing),
      cwd: "/",
    });
  } finally {
    closeSync(nothing);
  }
}

function launched(
  started: ChildProcess,
  how: Launched["how"],
  missing: string | undefined,
): Launched {
  return {
    process: started,
    how,
    missing,
    kill: () => signal(started, "SIGKILL"),
    pause: () => signal(started, "SIGSTOP"),
    resume: () => signal(started, "SIGCONT"),
  };
}

/** Sends a signal to the whole group; the number of an ended process may be another's by now. */
function signal(started: ChildProcess, name: NodeJS.Signals): void {
  if (started.pid === undefined || started.exitCode !== null || started.signalCode !== null) return;
  try {
    process.kill(-started.pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
