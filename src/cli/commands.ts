import type { Define } from "./command.ts";

/** One command as the overview shows it. Its options are in its own file, which is loaded only when it is used. */
export interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly define: Define }>;
}

/** Every command, in the order of the help. */
export const commands: readonly Entry[] = [
  {
    name: "run",
    summary: "run a WebAssembly program and record what it does to files",
    load: () => import("./commands/run.ts"),
  },
  {
    name: "runs",
    summary: "list the runs of the journal",
    load: () => import("./commands/runs.ts"),
  },
  {
    name: "log",
    summary: "list events: who did what to which path, and what was refused",
    load: () => import("./commands/log.ts"),
  },
  {
    name: "show",
    summary: "show one event in full, its bytes and the change it made",
    load: () => import("./commands/show.ts"),
  },
  {
    name: "diff",
    summary: "show what changed between two moments; by default in the last run",
    load: () => import("./commands/diff.ts"),
  },
  {
    name: "ls",
    summary: "list a directory as it was at any moment",
    load: () => import("./commands/ls.ts"),
  },
  {
    name: "tree",
    summary: "draw the tree below a directory",
    load: () => import("./commands/tree.ts"),
  },
  {
    name: "cat",
    summary: "write a file's bytes to stdout",
    load: () => import("./commands/cat.ts"),
  },
  {
    name: "stat",
    summary: "show type, size, times and links of a path",
    load: () => import("./commands/stat.ts"),
  },
  {
    name: "import",
    summary: "copy a host directory into the filesystem",
    load: () => import("./commands/import.ts"),
  },
  {
    name: "export",
    summary: "write a past state to a host directory",
    load: () => import("./commands/export.ts"),
  },
  {
    name: "verify",
    summary: "check that nothing in the journal was damaged or rewritten",
    load: () => import("./commands/verify.ts"),
  },
];
