import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";

import { type Result, rewindfs } from "../support/screen/command.ts";

/** Returns `test` where the kernel serves us; otherwise tests are skipped, and one more says why. */
export function testWithKernel(): ReturnType<typeof test.skipIf> {
  if (whyNot !== undefined) test.skip(`nothing is mounted: ${whyNot}`);
  return test.skipIf(whyNot !== undefined);
}

/** Tries the thing itself: what is missing is best told by who needs it. */
const whyNot = ((): string | undefined => {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-fuse-"));
  try {
    const { exit, stderr } = exec(folder, ["--isolation", "required", "--no-dir", "--", "true"]);
    return exit === 0 ? undefined : (stderr.split("\n")[0] ?? "it failed");
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

/** Runs a native program on the journal of a folder. */
export function exec(folder: string, args: readonly string[]): Result {
  return rewindfs(folder, ["exec", "--quiet", ...args]);
}

/** Runs a shell script on the journal of a folder, and returns what it printed. Throws if it fails. */
export function script(folder: string, text: string, ...options: readonly string[]): string {
  const result = exec(folder, ["--no-dir", ...options, "--", "/bin/sh", "-euc", text]);
  if (result.exit !== 0) throw new Error(`exit ${result.exit}: ${result.stderr || result.stdout}`);
  return result.stdout;
}

/** Returns a function that puts the journal of such runs into a folder. They run once for all tests of a file. */
export function recordedOnce(...texts: readonly string[]): (folder: string) => void {
  let original: string | undefined;
  afterAll(() => {
    if (original !== undefined) rmSync(original, { recursive: true });
  });
  return (folder) => {
    if (original === undefined) {
      original = mkdtempSync(join(tmpdir(), "rewindfs-recorded-"));
      for (const text of texts) script(original, text);
    }
    cpSync(original, folder, { recursive: true });
  };
}
