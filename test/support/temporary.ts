import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs a function with a directory of its own, which is removed afterwards. */
export function withTemporary<T>(run: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "rewindfs-test-"));
  const clear = () => rmSync(directory, { recursive: true, force: true });
  let result: T;
  try {
    result = run(directory);
  } catch (error) {
    clear();
    throw error;
  }
  if (result instanceof Promise) return result.finally(clear) as T;
  clear();
  return result;
}
