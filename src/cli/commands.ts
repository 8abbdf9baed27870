import type { Define } from "./command/command.ts";

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
    summary: "run a program, and record what it does to files",
    load: () => import("./commands/run.ts"),
  },
  {
    name: "runs",
    summary: "list the runs of the journal",
    load: () => import("./commands/runs.ts"),
  },
  {
    name: "status",
    summary: "show what is not applied to its folder yet",
    load: () => import("./commands/status.ts"),
  },
  {
    name: "findings",
    summary: "list what deserves a look in what programs did",
    load: () => import("./commands/findings.ts"),
  },
  {
    name: "log",
    summary: "list events: what was done to which path, and when",
    load: () => import("./commands/log.ts"),
  },
  {
    name: "show",
    summary: "show one event in full, and the change it made",
    load: () => import("./commands/show.ts"),
  },
  {
    name: "diff",
    summary: "show what is not applied yet, or what changed between moments",
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
    name: "blame",
    summary: "tell which event wrote each line of a file",
    load: () => import("./commands/blame.ts"),
  },
  {
    name: "grep",
    summary: "search files, as they are or as they ever were",
    load: () => import("./commands/grep.ts"),
  },
  {
    name: "bisect",
    summary: "find the first event after which a command fails",
    load: () => import("./commands/bisect.ts"),
  },
  {
    name: "restore",
    summary: "put files back to what they were",
    load: () => import("./commands/restore.ts"),
  },
  {
    name: "undo",
    summary: "take back the last run, restore or redo",
    load: () => import("./commands/undo.ts"),
  },
  {
    name: "redo",
    summary: "take back the last undo",
    load: () => import("./commands/redo.ts"),
  },
  {
    name: "mark",
    summary: "give a moment a name",
    load: () => import("./commands/mark.ts"),
  },
  {
    name: "marks",
    summary: "list the moments that have a name",
    load: () => import("./commands/marks.ts"),
  },
  {
    name: "fork",
    summary: "copy the past up to a moment into a new journal",
    load: () => import("./commands/fork.ts"),
  },
  {
    name: "import",
    summary: "copy a host directory into the filesystem",
    load: () => import("./commands/import.ts"),
  },
  {
    name: "export",
    summary: "write a past state to a directory, tar file or git",
    load: () => import("./commands/export.ts"),
  },
  {
    name: "apply",
    summary: "bring the changes back to a host directory",
    load: () => import("./commands/apply.ts"),
  },
  {
    name: "redact",
    summary: "remove what was written to a path, for good",
    load: () => import("./commands/redact.ts"),
  },
  {
    name: "gc",
    summary: "fold the events before a moment into one state",
    load: () => import("./commands/gc.ts"),
  },
  {
    name: "verify",
    summary: "check that the journal is whole and was not rewritten",
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "sign",
    summary: "sign what the journal holds now",
    load: () => import("./commands/sign.ts"),
  },
  {
    name: "tui",
    summary: "step through the past on the screen",
    load: () => import("./commands/tui.ts"),
  },
];
