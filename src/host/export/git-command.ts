import { spawn, spawnSync } from "node:child_process";

import { HostError } from "../disk/error.ts";

/** Whose settings git reads: none for a new repository, and the user's for one that is there. */
export type GitSettings = "none" | "user";

/** Throws HostError if there is no git. */
export function checkGit(target: string): void {
  const { error, status } = spawnSync("git", ["--version"], { stdio: "ignore" });
  if (error === undefined && status === 0) return;
  throw new HostError("command", target, `cannot export to ${target}: there is no git`, {
    hint: "install git, or export a directory or a tar file",
  });
}

/** Runs git in a folder, and returns its output. Throws HostError if it fails. */
export function runGit(
  folder: string,
  args: readonly string[],
  settings: GitSettings = "none",
): string {
  const { status, stdout, stderr, error } = spawnSync("git", [...safely, ...args], {
    cwd: folder,
    env: environment(settings),
    encoding: "utf8",
    maxBuffer: mostOutput,
  });
  if (error === undefined && status === 0) return stdout;
  throw new HostError(
    "command",
    folder,
    `git ${args[0]} failed: ${(error?.message ?? stderr).trim()}`,
  );
}

/** Lists the files of a large repository. */
const mostOutput = 1024 ** 3;

/** Starts git in a folder, to be talked to. */
export function spawnGit(folder: string, args: readonly string[], settings: GitSettings = "none") {
  return spawn("git", [...safely, ...args], {
    cwd: folder,
    env: environment(settings),
    stdio: ["pipe", "ignore", "pipe"],
  });
}

/** Names that differ only in case are different names, and git runs nothing that a repository names. */
const safely = [
  "-c",
  "core.ignoreCase=false",
  "-c",
  "core.fsmonitor=false",
  "-c",
  "core.hooksPath=/dev/null",
] as const;

/** Returns the user's environment without variables that point git at another repository. */
function environment(settings: GitSettings): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  const none = {
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: process.platform === "win32" ? "NUL" : "/dev/null",
  };
  return {
    ...Object.fromEntries(kept),
    ...(settings === "none" ? none : {}),
    GIT_TERMINAL_PROMPT: "0",
    // A repository that says that parts of it are elsewhere has git fetch them by commands that it names.
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    LC_ALL: "C",
  };
}
