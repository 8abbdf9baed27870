import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";

import { scale, step } from "../support/scale.ts";

/** The system calls that change a file or sync it. */
export const changes =
  "write,pwrite64,writev,pwritev,pwritev2,fdatasync,fsync,ftruncate,unlink,rename";
/** Those that change a folder of the machine besides. */
export const changesOfFolders = `${changes},mkdir,rmdir,link,symlink,fchmod,chmod,utimensat,copy_file_range`;
export const sidecars = ["", "-wal", "-shm", "-tail", "-tail-sync", "-lock", "-journal"];

/** Effect on a call: the process is killed before it is made, or it fails. */
export type Injection = "signal=KILL" | `error=${string}`;

export interface Traced {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | null;
  /** True if the process was killed. */
  readonly killed: boolean;
}

/**
 * Returns the calls before which a program is killed: `short` ones, or in the long form all up to its end, or at
 * intervals.
 */
export function callsToKillAt(short: readonly number[]): readonly number[] {
  if (scale === 1) return short;
  return Array.from({ length: Math.ceil(mostCalls / step) }, (_, index) => 1 + index * step);
}

const mostCalls = 400;

/** Returns `test` if strace can be used; otherwise tests are skipped, and one more says why. */
export function testWhereTraced(): ReturnType<typeof test.skipIf> {
  const whyNot = whyNotTraced();
  if (whyNot !== undefined) test.skip(`calls are not traced: ${whyNot}`);
  return test.skipIf(whyNot !== undefined);
}

/** Returns why nothing can be injected here; undefined if strace can. */
function whyNotTraced(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-strace-"));
  try {
    const { error, status } = spawnSync("strace", ["-o", join(folder, "log"), "true"]);
    if (error !== undefined) return "strace is not installed";
    return status === 0 ? undefined : "strace may not trace here";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Runs a Node program with an injection into the `when`th call of a thread that changes one of these files, or any file
 * that SQLite and we keep beside them, or any file at all where none is named; `when` in strace's notation ("3", "3+").
 */
export function traced(
  program: readonly string[],
  files: readonly string[],
  injection: Injection,
  when: string,
  calls = changes,
): Traced {
  const paths = files.flatMap((file) => sidecars.flatMap((end) => ["-P", file + end]));
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-strace-"));
  try {
    const { stdout, stderr, status, signal } = spawnSync(
      "strace",
      [
        ["-f", "-qq", "-o", join(folder, "log")],
        // Calls of other kinds then do not stop the program; but strace sends no signal that way.
        injection === "signal=KILL" ? [] : ["--seccomp-bpf"],
        paths,
        ["-e", `trace=${calls}`, "-e", `inject=${calls}:${injection}:when=${when}`],
        [process.execPath, ...program],
      ].flat(),
      { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
    );
    // strace ends itself as its child was ended.
    return { stdout, stderr, exit: status, killed: signal === "SIGKILL" };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
