import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";

import { type CommandsProcess, startCommandsProcess } from "./commands-process.ts";

const main = new URL("../../../dist/main.js", import.meta.url).pathname;

/** The variable by which a process finds V8's compiled code, for environments that have little else. */
export const compiled = { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] };

/** Results of one call of rewindfs. */
export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | null;
}

/**
 * Commands that are over when they have answered. They run in one process, as they share nothing but files; others get a
 * process of their own.
 */
const short: ReadonlySet<string> = new Set(
  (
    "apply blame cat diff exec export findings fork gc grep hook import log ls mark marks redact redo report " +
    "restore rules run runs show sign stat status tree undo verify"
  ).split(" "),
);

let commands: CommandsProcess | undefined;

/** Runs rewindfs in a folder, without a terminal or any input, in UTC. */
export function rewindfs(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Result {
  const name = args[args[0] === "-j" ? 2 : 0] ?? "";
  if (!short.has(name) || args.includes("--follow") || args.includes("-f"))
    return rewindfsAlone(folder, args, env);
  commands ??= startCommandsProcess(environment(tmpdir(), {}));
  return commands.run(folder, args, environment(folder, env));
}

let meanwhile: CommandsProcess | undefined;
/** Resolves once no command is at work there. */
let isFree: Promise<unknown> = Promise.resolve();

/**
 * Runs a command that is over when it has answered, while this process goes on: what it talks to may be of this process.
 * Such commands run one after another in a process that the tests of this worker share.
 */
export function rewindfsMeanwhile(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Result> {
  const result = isFree.then(() =>
    startMeanwhile().runMeanwhile(folder, args, environment(folder, env)),
  );
  isFree = result.catch(() => {});
  return result;
}

/** Starts the process of `rewindfsMeanwhile`, if it does not run yet. */
export function startMeanwhile(): CommandsProcess {
  return (meanwhile ??= startCommandsProcess(environment(tmpdir(), {})));
}

/** Runs rewindfs in a folder as its own process, with pipes for streams, in UTC. */
export function rewindfsAlone(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Result {
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    env: environment(folder, env),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return { stdout, stderr, exit: status };
}

function environment(folder: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    TZ: "UTC",
    LANG: "C.UTF-8",
    XDG_STATE_HOME: process.env["XDG_STATE_HOME"],
    ...compiled,
    ...env,
  };
}

/** Joins everything that a person would see, for a snapshot: stdout, then stderr, then the exit code. */
export function shown({ stdout, stderr, exit }: Result): string {
  const talk = stderr === "" ? [] : ["--- stderr", stderr.trimEnd()];
  return [stdout.trimEnd(), ...talk, `--- exit ${exit}`].filter((part) => part !== "").join("\n");
}

/** Program and first arguments to start rewindfs by hand. */
export const start: readonly [string, string] = [process.execPath, main];
