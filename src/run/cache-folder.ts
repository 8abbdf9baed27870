import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** $XDG_CACHE_HOME/rewindfs, by default ~/.cache/rewindfs. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment["XDG_CACHE_HOME"];
  // XDG Base Directory Specification: relative paths are to be ignored.
  return join(
    base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"),
    "rewindfs",
  );
}
