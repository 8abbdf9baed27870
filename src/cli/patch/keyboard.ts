import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UsageError } from "../command/failure.ts";

/** Reads a line that a person typed; undefined at the end of input. */
export type ReadLine = () => string | undefined;

/** Reads lines from a terminal in its own line mode. */
export function linesOf(descriptor: number): ReadLine {
  const some = Buffer.alloc(4096);
  let pending = "";
  return () => {
    for (;;) {
      const at = pending.indexOf("\n");
      if (at >= 0) {
        const line = pending.slice(0, at);
        pending = pending.slice(at + 1);
        return line;
      }
      const length = readSome(descriptor, some);
      if (length === 0) return undefined;
      pending += some.toString("utf8", 0, length);
    }
  };
}

/** Reads bytes; another process on the terminal may have made it non-blocking. */
function readSome(descriptor: number, target: Uint8Array): number {
  for (;;) {
    try {
      return readSync(descriptor, target);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMilliseconds);
    }
  }
}

const pauseMilliseconds = 10;

/** Editors look for settings in the first and the last lines of a file: a program's text must not be among them. */
const margin = 5;

/** Lets a person edit bytes, with notes around them, and returns the result. Throws UsageError if the editor fails. */
export function editByHand(
  bytes: Uint8Array,
  notes: readonly string[],
  env: NodeJS.ProcessEnv,
): Uint8Array {
  const command = env["VISUAL"] || env["EDITOR"] || "vi";
  const directory = mkdtempSync(join(tmpdir(), "rewindfs-"));
  const file = join(directory, "hunk.diff");
  try {
    const lines = [...notes, ...Array.from({ length: margin }, () => "")];
    const around = Buffer.from(lines.map((line) => `# ${line}`.trimEnd()).join("\n"));
    const newline = Buffer.from("\n");
    writeFileSync(file, Buffer.concat([around, newline, bytes, around, newline]), {
      flag: "wx",
      mode: 0o600,
    });
    // A command line, as for git.
    const { status, error } = spawnSync("/bin/sh", ["-c", `${command} "$1"`, "sh", file], {
      stdio: "inherit",
      env,
    });
    if (error !== undefined || status !== 0)
      throw new UsageError(
        `the editor ${command} did not end well`,
        "$VISUAL or $EDITOR names another",
      );
    return readFileSync(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
