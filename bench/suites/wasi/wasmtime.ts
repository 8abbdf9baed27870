import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Preopen } from "../../../src/index.ts";
import type { Spec } from "./spec.ts";

/** A program of crates/test-programs of wasmtime, run as in its crates/wasi/tests/all/p1.rs. */
export type WasmtimeProgram =
  | { readonly kind: "not-run"; readonly why: string }
  | { readonly kind: "run"; readonly spec: Spec; readonly preopens: readonly Preopen[] };

/** Programs that test wasmtime itself, or its machine: each with the reason why it is not run. */
const notRun: ReadonlyMap<string, string> = new Map([
  ["p1_cli_hostcall_fuel", "it tests how wasmtime counts the bytes of a host call as fuel"],
  ["p1_stdio_isatty", "it wants a terminal, which a suite has not"],
  ["p1_file_allocate", "wasmtime has no fd_allocate, and the program wants it to fail"],
  [
    "p1_dir_fd_op_failures",
    "it wants EBADF of fd_sync of a directory, as wasmtime gives; POSIX and WASI 0.2 allow it",
  ],
]);

/** Programs that get a second directory, read-only, with one file in it. */
const withReadOnly: ReadonlySet<string> = new Set([
  "p1_file_truncation_readonly",
  "p1_file_hardlink_across_perms",
  "p1_file_rename_across_perms",
]);

/** Returns how to run a program. The files in its directories are made below `scratch`. */
export function wasmtimeProgram(name: string, scratch: string): WasmtimeProgram {
  const why = notRun.get(name);
  if (why !== undefined) return { kind: "not-run", why };
  const root = mkdtempSync(join(scratch, "files-"));
  mkdirSync(join(root, "work"));
  if (name === "p1_stat_extreme_host_mtime")
    writeFileSync(join(root, "work", "extreme.dat"), "hello");
  const preopens: Preopen[] = [{ path: ".", directory: "/work", access: "read-write" }];
  if (withReadOnly.has(name)) {
    mkdirSync(join(root, "readonly"));
    writeFileSync(join(root, "readonly", "test.txt"), "read only test file\n");
    preopens.push({ path: "readonly", directory: "/readonly", access: "read-only" });
  }
  const environment = new Map([["ERRNO_MODE_UNIX", "1"]]);
  const args = name === "p1_cli_much_stdout" ? ["a line of text", "5000"] : ["."];
  const said = {
    stdin: "",
    exit: 0,
    stdout: undefined,
    stderr: undefined,
    unknown: [],
    wantsNetwork: false,
  };
  return { kind: "run", spec: { args, environment, root, ...said }, preopens };
}
