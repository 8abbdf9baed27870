import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

import { RunError } from "../ending/error.ts";
import { bubblewrapArguments } from "./bubblewrap.ts";
import { inheritedDescriptors } from "./inherited.ts";
import { endingWithParent, limited } from "./limits.ts";
import { type Shown, nodeFiles } from "./node-files.ts";
import { type Support, findSupport } from "./support.ts";
import { unnamedFile } from "./unnamed-file.ts";

/** How much a caller insists: `required` fails where it cannot be had, `auto` takes what there is, `none` wants none. */
export type Isolation = "required" | "auto" | "none";

export interface Launch {
  readonly isolation: Isolation;
  /** Path of the script on the host, flags of Node.js before it, arguments after it. */
  readonly script: string;
  readonly nodeFlags?: readonly string[];
  readonly args: readonly string[];
  /**
   * Files and folders of the host that the child sees, read-only, beside Node.js and `script`: absolute paths, seen at
   * the same path, or at the one said. (Node.js names the folder of a compile cache after the user, 65534 inside.)
   */
  readonly visible: readonly (string | Shown)[];
  /** All variables of the child's environment; an isolated child has LD_LIBRARY_PATH besides. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What descriptors the child gets, by number: a pipe, /dev/null, or one of this process. All others are closed. */
  readonly stdio: readonly ("pipe" | "ignore" | number)[];
  /**
   * Most bytes of private writable memory that the child may have (RLIMIT_DATA), 0 for no bound. Linux only. V8 counts
   * 512 MiB for the code of each thread in advance: below 600 MiB Node.js 24 does not start, and a worker needs as much
   * again, or its limit `codeRangeSizeMb`.
   */
  readonly memoryBytes: number;
  /** Most bytes that any file may have that the child writes (RLIMIT_FSIZE); no bound unless given. Linux only. */
  readonly fileBytes?: number;
}

export interface Launched {
  /** What was started: bubblewrap, or Node.js itself. It ends when the child ends, with its exit code; 128 + N after signal N. */
  readonly process: ChildProcess;
  readonly how: "bubblewrap" | "none";
  /** Says for a person what could not be had; undefined when isolation was had, or not asked for. */
  readonly missing: string | undefined;
  /** Ends the child, and all that it may have started, at once. Does nothing when it has ended. */
  kill(): void;
  /** Stops all of the child's threads until `resume`. */
  pause(): void;
  resume(): void;
}

/**
 * Starts a script of Node.js that can reach nothing of the machine but the descriptors in `stdio`: it sees no file but
 * its own, no network, no other process, no environment, has no capability and no way to gain one, and ends with this
 * process (with the thread that called, where that is a worker). Throws RunError where isolation is required and is
 * not to be had. Without isolation the child is a process like any other, with the bound on memory alone.
 *
 * A child that ends before it has said anything may be one that bubblewrap could not make: `startFailure` tells, from
 * what came on descriptor 2. `support` is what `findSupport` found, for who starts several.
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

/** Starts a command as the leader of a session of its own: one signal reaches all of it, and no terminal is its own. */
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

/** Puts `nothing` in the place of all that the child would inherit besides: a descriptor cannot be closed in it alone. */
function covering(
  stdio: readonly ("pipe" | "ignore" | number)[],
  nothing: number,
): ("pipe" | "ignore" | number)[] {
  if (process.platform !== "linux") return [...stdio];
  const covered = inheritedDescriptors().filter((descriptor) => descriptor >= stdio.length);
  const places: ("pipe" | "ignore" | number)[] = [...stdio];
  while (places.length <= Math.max(...covered)) places.push("ignore");
  for (const descriptor of covered) places[descriptor] = nothing;
  return places;
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

/** Sends a signal to the whole group; the number of a process that has ended may be another's by now. */
function signal(started: ChildProcess, name: NodeJS.Signals): void {
  if (started.pid === undefined || started.exitCode !== null || started.signalCode !== null) return;
  try {
    process.kill(-started.pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
