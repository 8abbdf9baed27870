import { mkdirSync, readdirSync, statfsSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";

import { scale } from "./scale.ts";

const memory = "/dev/shm";

/** Several times what the tests have there at once. */
const neededBytes = 4 * 2 ** 30;

/**
 * Has the temporary files of a plain test run made in memory, where there is room: a quarter of its time was waiting for
 * the disk. Tests of what only a disk does ask for `disk` (temporary.ts), and the long form has all of them there.
 */
export function useMemory(): void {
  if (scale !== 1 || process.env["TMPDIR"] !== undefined || !hasRoom()) return;
  process.env["REWINDFS_TEST_DISK"] = tmpdir();
  // Of one length, as screens show paths.
  const folder = join(memory, `rewindfs-${String(process.pid).padStart(7, "0")}`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  process.env["TMPDIR"] = folder;
}

/** Returns the folders in memory of some runs of the tests, which are named by their processes. */
export function foldersInMemory(isOver: (runner: number) => boolean): readonly string[] {
  if (!hasRoom()) return [];
  return readdirSync(memory).flatMap((name) => {
    const [, runner] = /^rewindfs-(\d+)$/.exec(name) ?? [];
    return runner !== undefined && isOver(Number(runner)) ? [join(memory, name)] : [];
  });
}

function hasRoom(): boolean {
  // Before 6.6 files in memory have no extended attributes of users.
  const [major = 0, minor = 0] = release().split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 6)) return false;
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize >= neededBytes;
  } catch {
    return false;
  }
}
