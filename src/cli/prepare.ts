// By the default export: the library is linked with this, also by a Node.js that is too old and has yet to be told.
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
 * Begins what a command waits for least when it is begun first: what V8 made of our code is kept for the next start,
 * and the keeper of a run come up while this one loads what it needs.
 */
export function prepare(args: readonly string[]): KeeperThread | undefined {
  keepCompiled(defaultCacheFolder());
  return args[commandAt(args)] === "run" ? startKeeper() : undefined;
}

/** Where NODE_COMPILE_CACHE says, or here. Where it cannot be kept, or could be another's, every start compiles anew. */
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
