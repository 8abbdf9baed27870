import type { Entry } from "./command/command.ts";

/** Every command, in the order of the help. */
export const commands: readonly Entry[] = [
  {
    name: "run",
    summary: "run a program, and record what it does to files",
    load: () => import("./commands/changing/run.ts"),
  },
  {
    name: "exec",
    summary: "run any program of this machine, and record what it does to files",
    load: () => import("./commands/changing/exec.ts"),
  },
  {
    name: "runs",
    summary: "list the runs of the journal",
    load: () => import("./commands/reading/runs.ts"),
  },
  {
    name: "status",
    summary: "show changes that are not applied to their folder yet",
    load: () => import("./commands/reading/status.ts"),
  },
  {
    name: "findings",
    summary: "list what deserves a look in what programs did",
    load: () => import("./commands/reading/findings.ts"),
  },
  {
    name: "rules",
    summary: "check rules for programs, or try them on past runs",
    load: () => import("./commands/reading/rules.ts"),
  },
  {
    name: "report",
    summary: "write all that happened to one page for a browser",
    load: () => import("./commands/host/report.ts"),
  },
  {
    name: "log",
    summary: "list events: what was done to which path, and when",
    load: () => import("./commands/reading/log.ts"),
  },
  {
    name: "show",
    summary: "show one event in full, and the change it made",
    load: () => import("./commands/reading/show.ts"),
  },
  {
    name: "diff",
    summary: "show unapplied changes, or changes between two moments",
    load: () => import("./commands/reading/diff.ts"),
  },
  {
    name: "ls",
    summary: "list a directory as it was at any moment",
    load: () => import("./commands/reading/ls.ts"),
  },
  {
    name: "tree",
    summary: "draw the tree below a directory",
    load: () => import("./commands/reading/tree.ts"),
  },
  {
    name: "cat",
    summary: "write a file's bytes to stdout",
    load: () => import("./commands/reading/cat.ts"),
  },
  {
    name: "mount",
    summary: "show a past state in a folder, read-only, to any program",
    load: () => import("./commands/reading/mount.ts"),
  },
  {
    name: "stat",
    summary: "show type, size, times and links of a path",
    load: () => import("./commands/reading/stat.ts"),
  },
  {
    name: "blame",
    summary: "tell which event wrote each line of a file",
    load: () => import("./commands/reading/blame.ts"),
  },
  {
    name: "grep",
    summary: "search files, as they are or as they ever were",
    load: () => import("./commands/reading/grep.ts"),
  },
  {
    name: "bisect",
    summary: "find the first event after which a command fails",
    load: () => import("./commands/reading/bisect.ts"),
  },
  {
    name: "restore",
    summary: "restore files to an earlier moment",
    load: () => import("./commands/changing/restore.ts"),
  },
  {
    name: "undo",
    summary: "take back the last run, restore or redo",
    load: () => import("./commands/changing/undo.ts"),
  },
  {
    name: "redo",
    summary: "take back the last undo",
    load: () => import("./commands/changing/redo.ts"),
  },
  {
    name: "mark",
    summary: "give a moment a name",
    load: () => import("./commands/changing/mark.ts"),
  },
  {
    name: "marks",
    summary: "list the moments that have a name",
    load: () => import("./commands/changing/marks.ts"),
  },
  {
    name: "fork",
    summary: "copy the past up to a moment into a new journal",
    load: () => import("./commands/keeping/fork.ts"),
  },
  {
    name: "hook",
    summary: "record what an agent changed in a folder, turn by turn: its hook",
    load: () => import("./commands/changing/hook.ts"),
  },
  {
    name: "import",
    summary: "copy a host directory into the filesystem",
    load: () => import("./commands/host/import.ts"),
  },
  {
    name: "export",
    summary: "write a past state to a directory, tar file or git",
    load: () => import("./commands/host/export.ts"),
  },
  {
    name: "apply",
    summary: "bring the changes back to a host directory",
    load: () => import("./commands/host/apply.ts"),
  },
  {
    name: "redact",
    summary: "remove the bytes written to a path, for good",
    load: () => import("./commands/keeping/redact.ts"),
  },
  {
    name: "gc",
    summary: "fold the events before a moment into one state",
    load: () => import("./commands/keeping/gc.ts"),
  },
  {
    name: "verify",
    summary: "check that the journal is whole and was not rewritten",
    load: () => import("./commands/keeping/verify.ts"),
  },
  {
    name: "sign",
    summary: "sign the journal's present contents",
    load: () => import("./commands/keeping/sign.ts"),
  },
  {
    name: "ship",
    summary: "send the journal to a depot, where those of many machines are",
    load: () => import("./commands/fleet/ship.ts"),
  },
  {
    name: "find",
    summary: "search the runs of all machines in a depot",
    load: () => import("./commands/fleet/find.ts"),
  },
  {
    name: "pull",
    summary: "fetch a journal from a depot",
    load: () => import("./commands/fleet/pull.ts"),
  },
  {
    name: "depot",
    summary: "receive, check and keep the journals of many machines",
    load: () => import("./commands/fleet/depot.ts"),
  },
  {
    name: "mcp",
    summary: "serve the filesystem and its past to agents (MCP)",
    load: () => import("./commands/changing/mcp.ts"),
  },
  {
    name: "tui",
    summary: "step through the past on the screen",
    load: () => import("./commands/reading/tui.ts"),
  },
  {
    name: "completion",
    summary: "write a script that completes commands and options in a shell",
    load: async () => (await import("./shell/completion.ts")).completionOf(commands),
  },
];
