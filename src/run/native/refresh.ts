import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { bytesOfText } from "../../../journal/index.ts";

/** Paths of a mount at which the kernel must look again, as they changed without it. */
export interface Refresh {
  /** Another inode is there now, or none. */
  readonly names: readonly string[];
  readonly directories: readonly string[];
  /** Files of which it may hold bytes of before. */
  readonly files: readonly string[];
}

/** Milliseconds after which a person is told that the program may not see all yet. */
const patience = 1_000;

/**
 * Makes the kernel look again, by calls on the mount. A call may have to wait for one that is held, which keeps its
 * directory to itself: so it is made by a process of its own, which has no part in the mount and ends by itself. Resolves
 * to false if that takes long.
 */
export async function refresh(
  mount: string,
  { names, directories, files }: Refresh,
): Promise<boolean> {
  const lines = [
    ...names.map((path) => ["n", path] as const),
    ...directories.map((path) => ["d", path] as const),
    ...files.map((path) => ["f", path] as const),
  ];
  if (lines.length === 0) return true;
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "cjs";
  const script = fileURLToPath(new URL(`./refresh-process.${extension}`, import.meta.url));
  const child = spawn(process.execPath, [script, mount], {
    stdio: ["pipe", "ignore", "ignore"],
    env: { UV_THREADPOOL_SIZE: "32" },
    cwd: "/",
  });
  child.unref();
  // It may be gone before it has read all; then the exit tells.
  child.stdin.on("error", () => {});
  for (const [kind, path] of lines)
    child.stdin.write(Buffer.concat([Buffer.from(kind), bytesOfText(path), Buffer.of(0)]));
  child.stdin.end();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patience, false);
    const end = (isDone: boolean): void => {
      clearTimeout(timer);
      resolve(isDone);
    };
    child.on("error", () => end(false));
    child.on("exit", (code) => end(code === 0));
  });
}
