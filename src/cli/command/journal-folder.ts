import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";

import type { Context } from "./context.ts";
import { UsageError } from "./failure.ts";

/**
 * Checks that the journal's directory and the working directory exist: a missing journal is made, a missing directory is
 * not. Throws UsageError, and the system's error for the working directory.
 */
export function requireFolder({ journal }: Context): void {
  process.cwd();
  const folder = dirname(resolve(journal));
  if (existsSync(folder)) return;
  throw new UsageError(
    `cannot write the journal ${journal}: there is no directory ${folder}`,
    "make it first, or name another file with --journal FILE",
  );
}
