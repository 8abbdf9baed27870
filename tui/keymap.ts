import type { PanelName } from "./layout.ts";

/** Where a binding holds: everywhere, in any list, in one panel, or in what lies over the panels. */
export type Context =
  | "everywhere"
  | "list"
  | PanelName
  | "keys"
  | "prompt"
  | "plan"
  | "places"
  | "breakpoints";

/** The headings under which keys are told of, in order. */
export const groups = [
  "Time",
  "Lists",
  "Find",
  "Breakpoints and marks",
  "Files",
  "Restore",
  "Panels",
  "Questions",
] as const;
export type Group = (typeof groups)[number];

export interface Binding {
  readonly keys: readonly string[];
  readonly in: Context;
  readonly run: string;
  /** At most 34 cells. */
  readonly label: string;
  readonly group: Group;
}

/**
 * Every key of the debugger. The hint line, the help, the table in the documents and what a key does come from here. No
 * key with Ctrl+I, M or [ (they are Tab, Enter and Esc), and nothing that changes the journal on one key alone.
 */
export const bindings = [
  {
    keys: ["h", "left"],
    in: "everywhere",
    run: "step-back",
    label: "one event back",
    group: "Time",
  },
  {
    keys: ["l", "right"],
    in: "everywhere",
    run: "step-forward",
    label: "one event forward",
    group: "Time",
  },
  {
    keys: ["H"],
    in: "everywhere",
    run: "file-back",
    label: "previous event on this file",
    group: "Time",
  },
  {
    keys: ["L"],
    in: "everywhere",
    run: "file-forward",
    label: "next event on this file",
    group: "Time",
  },
  {
    keys: ["C"],
    in: "everywhere",
    run: "run-back",
    label: "run back to a breakpoint",
    group: "Time",
  },
  { keys: ["c"], in: "everywhere", run: "run-on", label: "run on to a breakpoint", group: "Time" },
  {
    keys: ["{"],
    in: "everywhere",
    run: "run-before",
    label: "start of this or the run before",
    group: "Time",
  },
  {
    keys: ["}"],
    in: "everywhere",
    run: "run-after",
    label: "start of the next run",
    group: "Time",
  },
  {
    keys: [":"],
    in: "everywhere",
    run: "go-to",
    label: "go to #seq, time, 50% or mark",
    group: "Time",
  },
  {
    keys: ["ctrl+o"],
    in: "everywhere",
    run: "jump-back",
    label: "back to where you were",
    group: "Time",
  },
  {
    keys: ["ctrl+n"],
    in: "everywhere",
    run: "jump-again",
    label: "and forward again",
    group: "Time",
  },
  { keys: ["space"], in: "everywhere", run: "play", label: "play, pause", group: "Time" },
  { keys: ["<"], in: "everywhere", run: "slower", label: "half the speed", group: "Time" },
  { keys: [">"], in: "everywhere", run: "faster", label: "twice the speed", group: "Time" },
  { keys: ["F"], in: "everywhere", run: "follow", label: "follow the live end", group: "Time" },
  {
    keys: ["v"],
    in: "everywhere",
    run: "pin",
    label: "pin this moment to compare with",
    group: "Time",
  },

  { keys: ["j", "down"], in: "list", run: "down", label: "next row", group: "Lists" },
  { keys: ["k", "up"], in: "list", run: "up", label: "previous row", group: "Lists" },
  { keys: ["g", "home"], in: "list", run: "first", label: "first row", group: "Lists" },
  { keys: ["G", "end"], in: "list", run: "last", label: "last row", group: "Lists" },
  { keys: ["ctrl+d"], in: "list", run: "half-down", label: "half a page down", group: "Lists" },
  { keys: ["ctrl+u"], in: "list", run: "half-up", label: "half a page up", group: "Lists" },
  {
    keys: ["ctrl+f", "pagedown"],
    in: "list",
    run: "page-down",
    label: "a page down",
    group: "Lists",
  },
  { keys: ["ctrl+b", "pageup"], in: "list", run: "page-up", label: "a page up", group: "Lists" },

  {
    keys: ["/"],
    in: "everywhere",
    run: "search",
    label: "search events, keeps the rest",
    group: "Find",
  },
  { keys: ["n"], in: "everywhere", run: "next-match", label: "next match", group: "Find" },
  { keys: ["N"], in: "everywhere", run: "previous-match", label: "previous match", group: "Find" },
  {
    keys: ["f"],
    in: "everywhere",
    run: "filter",
    label: "filter: show only matches",
    group: "Find",
  },
  {
    keys: ["!"],
    in: "everywhere",
    run: "refusals",
    label: "show only what was refused",
    group: "Find",
  },

  {
    keys: ["b"],
    in: "timeline",
    run: "break-event",
    label: "break on this operation and path",
    group: "Breakpoints and marks",
  },
  {
    keys: ["b"],
    in: "tree",
    run: "break-path",
    label: "break on this file or directory",
    group: "Breakpoints and marks",
  },
  {
    keys: ["b"],
    in: "main",
    run: "break-bytes",
    label: "break on the bytes of this row",
    group: "Breakpoints and marks",
  },
  {
    keys: ["B"],
    in: "everywhere",
    run: "breakpoints",
    label: "list breakpoints",
    group: "Breakpoints and marks",
  },
  {
    keys: ["m"],
    in: "everywhere",
    run: "mark",
    label: "mark this moment with a letter",
    group: "Breakpoints and marks",
  },
  {
    keys: ["'"],
    in: "everywhere",
    run: "marks",
    label: "jump to a mark; '' jumps back",
    group: "Breakpoints and marks",
  },

  {
    keys: ["enter"],
    in: "timeline",
    run: "open-event",
    label: "look at this event",
    group: "Files",
  },
  {
    keys: ["enter"],
    in: "tree",
    run: "open-entry",
    label: "open, close; show a file",
    group: "Files",
  },
  {
    keys: ["enter"],
    in: "main",
    run: "open-writer",
    label: "go to the event that wrote this",
    group: "Files",
  },
  { keys: ["-"], in: "tree", run: "close-all", label: "close all directories", group: "Files" },
  {
    keys: ["="],
    in: "tree",
    run: "open-all",
    label: "open directories that changed",
    group: "Files",
  },
  { keys: ["x"], in: "everywhere", run: "hex", label: "text or bytes", group: "Files" },
  {
    keys: [","],
    in: "everywhere",
    run: "scroll-left",
    label: "scroll to the left",
    group: "Files",
  },
  {
    keys: ["."],
    in: "everywhere",
    run: "scroll-right",
    label: "scroll to the right",
    group: "Files",
  },
  {
    keys: ["e"],
    in: "everywhere",
    run: "pager",
    label: "open the file as it was in $PAGER",
    group: "Files",
  },
  {
    keys: ["s"],
    in: "everywhere",
    run: "save",
    label: "save the file as it was…",
    group: "Files",
  },
  {
    keys: ["y"],
    in: "everywhere",
    run: "copy",
    label: "copy the path to the clipboard",
    group: "Files",
  },

  {
    keys: ["r"],
    in: "everywhere",
    run: "restore",
    label: "restore this path to here… (asks)",
    group: "Restore",
  },
  {
    keys: ["z"],
    in: "everywhere",
    run: "undo",
    label: "undo the last run… (asks)",
    group: "Restore",
  },
  {
    keys: ["Z"],
    in: "everywhere",
    run: "redo",
    label: "redo what was undone… (asks)",
    group: "Restore",
  },

  { keys: ["1"], in: "everywhere", run: "focus-timeline", label: "timeline", group: "Panels" },
  { keys: ["2"], in: "everywhere", run: "focus-tree", label: "tree", group: "Panels" },
  { keys: ["0"], in: "everywhere", run: "focus-main", label: "main panel", group: "Panels" },
  { keys: ["tab"], in: "everywhere", run: "next-panel", label: "next panel", group: "Panels" },
  {
    keys: ["shift+tab"],
    in: "everywhere",
    run: "previous-panel",
    label: "previous panel",
    group: "Panels",
  },
  { keys: ["+"], in: "everywhere", run: "enlarge", label: "enlarge this panel", group: "Panels" },
  { keys: ["_"], in: "everywhere", run: "shrink", label: "shrink it again", group: "Panels" },
  {
    keys: ["]"],
    in: "everywhere",
    run: "next-tab",
    label: "next tab of the main panel",
    group: "Panels",
  },
  {
    keys: ["["],
    in: "everywhere",
    run: "previous-tab",
    label: "previous tab",
    group: "Panels",
  },
  { keys: ["?"], in: "everywhere", run: "help", label: "these keys", group: "Panels" },
  {
    keys: ["escape"],
    in: "everywhere",
    run: "escape",
    label: "one step out; never quits",
    group: "Panels",
  },
  { keys: ["q", "ctrl+c"], in: "everywhere", run: "quit", label: "quit", group: "Panels" },
  {
    keys: ["ctrl+z"],
    in: "everywhere",
    run: "suspend",
    label: "back to the shell (fg returns)",
    group: "Panels",
  },
  {
    keys: ["ctrl+l"],
    in: "everywhere",
    run: "redraw",
    label: "draw the screen again",
    group: "Panels",
  },

  { keys: ["y"], in: "plan", run: "accept", label: "do it", group: "Questions" },
  {
    keys: ["n", "escape"],
    in: "plan",
    run: "decline",
    label: "leave it as it is",
    group: "Questions",
  },
  {
    keys: ["d"],
    in: "plan",
    run: "plan-diff",
    label: "look at the diff first",
    group: "Questions",
  },
  {
    keys: ["d"],
    in: "breakpoints",
    run: "delete",
    label: "delete the breakpoint",
    group: "Questions",
  },
  { keys: ["a"], in: "breakpoints", run: "add", label: "add a breakpoint…", group: "Questions" },
] as const satisfies readonly Binding[];

/** What a key can do. */
export type CommandName = (typeof bindings)[number]["run"];

/** What a key does in these contexts, the first of which that knows it decides. */
export function commandFor(token: string, contexts: readonly Context[]): CommandName | undefined {
  for (const context of contexts) {
    const found = bindings.find(
      (binding) => binding.in === context && keysOf(binding).includes(token),
    );
    if (found !== undefined) return found.run;
  }
  return undefined;
}

function keysOf(binding: Binding): readonly string[] {
  return binding.keys;
}

const arrows: ReadonlyMap<string, string> = new Map([
  ["left", "←"],
  ["right", "→"],
  ["up", "↑"],
  ["down", "↓"],
]);
const shownKeys: ReadonlyMap<string, string> = new Map([
  ["left", "Left"],
  ["right", "Right"],
  ["up", "Up"],
  ["down", "Down"],
  ["space", "Space"],
  ["escape", "Esc"],
  ["enter", "Enter"],
  ["tab", "Tab"],
  ["shift+tab", "S-Tab"],
  ["pageup", "PgUp"],
  ["pagedown", "PgDn"],
  ["home", "Home"],
  ["end", "End"],
]);

/** How a key is written for people: "^d", "Esc", "PgDn". */
export function keyName(token: string, arrowsAs: "signs" | "words" = "signs"): string {
  const sign = arrowsAs === "signs" ? arrows.get(token) : undefined;
  return sign ?? shownKeys.get(token) ?? token.replace(/^ctrl\+/, "^");
}

/** The first key of a command, as it is written for people. */
export function keyFor(command: CommandName): string {
  const binding = bindings.find(({ run }) => run === command);
  return keyName(binding?.keys[0] ?? "");
}
