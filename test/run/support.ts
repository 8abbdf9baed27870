import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { profiles } from "../../src/fs/index.ts";
import type { RunOptions, RunResult } from "../../src/run/index.ts";
import { runGuest } from "../support/built.ts";

/** The guests whose builds are kept beside their sources. */
export const guests = {
  /** A preview 1 program; test/guests/preview1/files.c lists its cases. */
  files: new URL("../guests/preview1/files.wasm", import.meta.url).pathname,
  /** A preview 2 component, against WASI packages of a version; test/guests/preview2/direct.c lists its cases. */
  direct: (version: "0.2.0" | "0.2.3" | "0.2.12" = "0.2.12") =>
    new URL(`../guests/preview2/direct-${version}.wasm`, import.meta.url).pathname,
  /** A component of WASI 0.3 that follows commands in its input; test/guests/preview3/third.c lists them. */
  third: new URL("../guests/preview3/third.wasm", import.meta.url).pathname,
} as const;

/** A folder for one test, and a journal in it. */
export class Workplace implements Disposable {
  readonly folder: string;
  readonly journal: string;

  constructor(top = tmpdir()) {
    this.folder = mkdtempSync(join(top, "rewindfs-run-"));
    this.journal = join(this.folder, "journal.db");
  }

  /** Returns a path in the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Ran extends RunResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a guest to its end without input, keeping its output. */
export async function run(
  workplace: Workplace,
  guest: string,
  args: readonly string[] = [],
  options: Partial<RunOptions> = {},
): Promise<Ran> {
  const printed = { stdout: "", stderr: "" };
  const decoder = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const keep = (stream: "stdout" | "stderr") => (bytes: Uint8Array) => {
    printed[stream] += decoder[stream].decode(bytes, { stream: true });
  };
  const result = await runGuest({
    guest,
    args,
    environment: new Map(),
    journal: workplace.journal,
    durability: "process",
    limits: profiles.default,
    preopens: [{ path: "/", access: "read-write" }],
    accesses: "ignore",
    stdin: "ignore",
    stdout: keep("stdout"),
    stderr: keep("stderr"),
    ...options,
  });
  return { ...result, ...printed };
}
