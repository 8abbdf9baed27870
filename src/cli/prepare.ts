// By the default export: an old Node.js must be able to load this too, to report its version.
import module from "node:module";
import { join } from "node:path";

import {
  type KeeperThread,
  defaultCacheFolder,
  distrustOf,
  makeFolder,
  startKeeper,
} from "../run/index.ts";
import { commandAt } from "./command/command-name.ts";

/**
 * Starts early what takes time: V8's compiled code is cached for the next start, and a run's keeper starts while this
 * thread loads its code.
 */
export function prepare(args: readonly string[]): KeeperThread | undefined {
  keepCompiled(defaultCacheFolder());
  return args[commandAt(args)] === "run" && hasWorkingFolder() ? startKeeper() : undefined;
}

/** Tells if the working folder is there: no thread can start without one. */
function hasWorkingFolder(): boolean {
  try {
    process.cwd();
    return true;
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    return false;
  }
}

/**
 * Caches compiled code where NODE_COMPILE_CACHE says, or here. Without a folder of our own every start compiles anew.
 */
function keepCompiled(cache: string): void {
  if (module.getCompileCacheDir() !== undefined) return;
  const folder = join(cache, "compiled");
  try {
    if (distrustOf(cache) !== undefined || distrustOf(folder) !== undefined) return;
    makeFolder(folder);
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    return;
  }
  module.enableCompileCache(folder);
}
