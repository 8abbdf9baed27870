import { existsSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** Returns $XDG_CACHE_HOME/rewindfs, by default ~/.cache/rewindfs. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment["XDG_CACHE_HOME"];
  // XDG Base Directory Specification: relative paths must be ignored.
  return join(
    base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"),
    "rewindfs",
  );
}

/**
 * Makes a folder that only this user may enter, and missing ones above it. Throws the file system's errors. Node's own
 * recursive mkdir never ends if nothing can be made and the system reports a missing path, as below /proc.
 */
export function makeFolder(folder: string): void {
  const above = dirname(folder);
  if (existsSync(folder)) return;
  if (!existsSync(above)) makeFolder(above);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  }
}

/** Returns why a folder's contents cannot be trusted, if so: somebody else may have put them there. */
export function distrustOf(folder: string): string | undefined {
  const found = statSync(folder, { throwIfNoEntry: false });
  // A system without users has nobody else.
  const user = process.getuid?.();
  if (found === undefined || user === undefined) return undefined;
  if (found.uid !== user) return "it belongs to another user";
  return (found.mode & 0o022) === 0 ? undefined : "other users may write to it";
}
