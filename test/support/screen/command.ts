import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

const main = new URL("../../../dist/main.js", import.meta.url).pathname;

/** Caches V8's compiled code, as for users. */
const cache = join(tmpdir(), "rewindfs-test-compile-cache");

/** Results of one call of rewindfs. */
export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | null;
}

/** Runs rewindfs in a folder as its own process, with pipes for streams, in UTC. */
export function rewindfs(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Result {
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      TZ: "UTC",
      LANG: "C.UTF-8",
      XDG_STATE_HOME: process.env["XDG_STATE_HOME"],
      NODE_COMPILE_CACHE: cache,
      ...env,
    },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return { stdout, stderr, exit: status };
}

/** Joins everything that a person would see, for a snapshot: stdout, then stderr, then the exit code. */
export function shown({ stdout, stderr, exit }: Result): string {
  const talk = stderr === "" ? [] : ["--- stderr", stderr.trimEnd()];
  return [stdout.trimEnd(), ...talk, `--- exit ${exit}`].filter((part) => part !== "").join("\n");
}

/** Program and first arguments to start rewindfs by hand. */
export const start: readonly [string, string] = [process.execPath, main];
