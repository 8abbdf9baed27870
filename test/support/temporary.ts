import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The system's folder for temporary files, for tests of what only a disk does: those of others may be in memory. */
export const disk = process.env["REWINDFS_TEST_DISK"] ?? tmpdir();

/** Runs a function with a directory of its own, in memory or where one says, which is removed afterwards. */
export function withTemporary<T>(run: (directory: string) => T, top = tmpdir()): T {
  const directory = mkdtempSync(join(top, "rewindfs-test-"));
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
