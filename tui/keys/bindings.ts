import type { PanelName } from "../draw/layout.ts";

/** The scope of a binding: everywhere, any list, one panel, or an overlay. */
export type Context =
  | "everywhere"
  | "list"
  | PanelName
  | "keys"
  | "prompt"
  | "plan"
  | "review"
  | "listing"
  | "places"
  | "breakpoints"
  | "held";

interface Row {
  readonly keys: readonly string[];
  readonly in: Context;
  readonly run: string;
  /** At most 34 cells. */
  readonly label: string;
}

export interface Binding extends Row {
  /** The heading in the help. */
  readonly group: string;
}

/**
 * Every key of the debugger. The hint line, the help, the table in the documents and the actions of keys come from
 * here. No key is Ctrl+I, M or [ (they are Tab, Enter and Esc), and no single key changes the journal.
 */
export const bindings = [
  ...under("Time", [
    {
      keys: ["h", "left"],
      in: "everywhere",
      run: "step-back",
      label: "one event back, or one match",
    },
    {
      keys: ["l", "right"],
      in: "everywhere",
      run: "step-forward",
      label: "one event on, or one match",
    },
    { keys: ["H"], in: "everywhere", run: "file-back", label: "previous edit of this file" },
    { keys: ["L"], in: "everywhere", run: "file-forward", label: "next edit of this file" },
    { keys: ["E"], in: "everywhere", run: "edits", label: "a save as one edit, or its events" },
    { keys: ["C"], in: "everywhere", run: "run-back", label: "run back to a breakpoint" },
    { keys: ["c"], in: "everywhere", run: "run-on", label: "run on to a breakpoint" },
    { keys: ["{"], in: "everywhere", run: "run-before", label: "start of this or the run before" },
    { keys: ["}"], in: "everywhere", run: "run-after", label: "start of the next run, or the end" },
    { keys: [":"], in: "everywhere", run: "go-to", label: "go to #seq, time, 50% or mark" },
    { keys: ["ctrl+o"], in: "everywhere", run: "jump-back", label: "back to where you were" },
    { keys: ["ctrl+n"], in: "everywhere", run: "jump-again", label: "and forward again" },
    { keys: ["space"], in: "everywhere", run: "play", label: "play, pause" },
    { keys: ["<"], in: "everywhere", run: "slower", label: "half the speed" },
    { keys: [">"], in: "everywhere", run: "faster", label: "twice the speed" },
    { keys: ["F"], in: "everywhere", run: "follow", label: "follow the live end" },
    { keys: ["v"], in: "everywhere", run: "pin", label: "pin this moment to compare with" },
    {
      keys: ["w"],
      in: "everywhere",
      run: "changes",
      label: "all changes since the pin, or run",
    },
  ]),
  ...under("Lists", [
    { keys: ["j", "down"], in: "list", run: "down", label: "next row" },
    { keys: ["k", "up"], in: "list", run: "up", label: "previous row" },
    { keys: ["g", "home"], in: "list", run: "first", label: "first row" },
    { keys: ["G", "end"], in: "list", run: "last", label: "last row" },
    { keys: ["ctrl+d"], in: "list", run: "half-down", label: "half a page down" },
    { keys: ["ctrl+u"], in: "list", run: "half-up", label: "half a page up" },
    { keys: ["ctrl+f", "pagedown"], in: "list", run: "page-down", label: "a page down" },
    { keys: ["ctrl+b", "pageup"], in: "list", run: "page-up", label: "a page up" },
  ]),
  ...under("Find", [
    { keys: ["/"], in: "everywhere", run: "search", label: "search events, or the main panel" },
    { keys: ["\\"], in: "everywhere", run: "search-back", label: "search back from here" },
    {
      keys: ["o"],
      in: "everywhere",
      run: "find-file",
      label: "find a file by name, gone or not",
    },
    {
      keys: ["t"],
      in: "everywhere",
      run: "find-text",
      label: "when a text came and went",
    },
    { keys: ["i"], in: "everywhere", run: "findings", label: "findings: what deserves a look" },
    { keys: ["enter"], in: "listing", run: "open-row", label: "go to this row of a list" },
    { keys: ["n"], in: "everywhere", run: "next-match", label: "next match, around the end" },
    { keys: ["N"], in: "everywhere", run: "previous-match", label: "previous match" },
    { keys: ["f"], in: "everywhere", run: "filter", label: "filter: show only matches" },
    {
      keys: ["!"],
      in: "everywhere",
      run: "refusals",
      label: "show only what was in vain",
    },
  ]),
  ...under("Breakpoints and marks", [
    { keys: ["b"], in: "timeline", run: "break-event", label: "break on this operation and path" },
    { keys: ["b"], in: "tree", run: "break-path", label: "break on this file or directory" },
    { keys: ["b"], in: "main", run: "break-bytes", label: "break on the bytes of this row" },
    { keys: ["B"], in: "everywhere", run: "breakpoints", label: "list breakpoints" },
    { keys: ["m"], in: "everywhere", run: "mark", label: "mark this moment with a letter" },
    { keys: ["'"], in: "everywhere", run: "marks", label: "jump to a mark; '' jumps back" },
  ]),
  ...under("The running program", [
    { keys: ["p"], in: "everywhere", run: "hold", label: "hold it now, or show what is held" },
    { keys: ["s"], in: "held", run: "step-held", label: "this change, and hold at the next" },
    { keys: ["c"], in: "held", run: "run-held", label: "run on to a breakpoint" },
    { keys: ["y"], in: "held", run: "allow-held", label: "let this call go ahead" },
    { keys: ["n"], in: "held", run: "deny-held", label: "let this call fail" },
    { keys: ["X"], in: "held", run: "end-held", label: "end the program here" },
  ]),
  ...under("Files", [
    { keys: ["enter"], in: "timeline", run: "open-event", label: "look at this event" },
    { keys: ["enter"], in: "tree", run: "open-entry", label: "open, close; show a file" },
    { keys: ["enter"], in: "main", run: "open-writer", label: "go to the event that wrote this" },
    { keys: ["d"], in: "main", run: "next-change", label: "go to what changes this row next" },
    { keys: ["-"], in: "tree", run: "close-all", label: "close all directories" },
    { keys: ["="], in: "tree", run: "open-all", label: "open directories that changed" },
    { keys: ["x"], in: "everywhere", run: "hex", label: "text or bytes" },
    { keys: [","], in: "everywhere", run: "scroll-left", label: "scroll to the left" },
    { keys: ["."], in: "everywhere", run: "scroll-right", label: "scroll to the right" },
    { keys: ["e"], in: "everywhere", run: "pager", label: "open the file as it was in $PAGER" },
    { keys: ["s"], in: "everywhere", run: "save", label: "save the file as it was…" },
    { keys: ["y"], in: "everywhere", run: "copy", label: "copy the path to the clipboard" },
    { keys: ["Y"], in: "everywhere", run: "copy-event", label: "copy the number of this event" },
  ]),
  ...under("Restore", [
    { keys: ["r"], in: "everywhere", run: "restore", label: "restore this path to here… (asks)" },
    { keys: ["u"], in: "everywhere", run: "undo-event", label: "undo only this event… (asks)" },
    { keys: ["z"], in: "everywhere", run: "undo", label: "undo the last run… (asks)" },
    { keys: ["Z"], in: "everywhere", run: "redo", label: "redo what was undone… (asks)" },
  ]),
  ...under("Apply", [
    { keys: ["a"], in: "everywhere", run: "review", label: "choose what to apply… (asks)" },
    { keys: ["space"], in: "review", run: "take", label: "take this file or hunk, or not" },
    { keys: ["a"], in: "review", run: "take-all", label: "take all" },
    { keys: ["n"], in: "review", run: "take-none", label: "take none" },
    { keys: ["s"], in: "review", run: "split", label: "split this hunk" },
    { keys: ["J"], in: "review", run: "scroll-diff-down", label: "scroll the diff down" },
    { keys: ["K"], in: "review", run: "scroll-diff-up", label: "scroll the diff up" },
    { keys: ["tab"], in: "review", run: "next-folder", label: "the next folder" },
    { keys: ["enter"], in: "review", run: "end-review", label: "apply what is taken… (asks)" },
  ]),
  ...under("Panels", [
    { keys: ["1"], in: "everywhere", run: "focus-timeline", label: "timeline" },
    { keys: ["2"], in: "everywhere", run: "focus-tree", label: "tree" },
    { keys: ["0"], in: "everywhere", run: "focus-main", label: "main panel" },
    { keys: ["tab"], in: "everywhere", run: "next-panel", label: "next panel" },
    { keys: ["shift+tab"], in: "everywhere", run: "previous-panel", label: "previous panel" },
    { keys: ["+"], in: "everywhere", run: "enlarge", label: "enlarge this panel" },
    { keys: ["_"], in: "everywhere", run: "shrink", label: "shrink it again" },
    { keys: ["]"], in: "everywhere", run: "next-tab", label: "next tab of the main panel" },
    { keys: ["["], in: "everywhere", run: "previous-tab", label: "previous tab" },
    { keys: ["?"], in: "everywhere", run: "help", label: "these keys" },
    { keys: ["escape"], in: "everywhere", run: "escape", label: "one step out; never quits" },
    { keys: ["q", "ctrl+c"], in: "everywhere", run: "quit", label: "quit" },
    { keys: ["ctrl+z"], in: "everywhere", run: "suspend", label: "back to the shell (fg returns)" },
    { keys: ["ctrl+l"], in: "everywhere", run: "redraw", label: "draw the screen again" },
  ]),
  ...under("Questions", [
    { keys: ["y"], in: "plan", run: "accept", label: "do it" },
    { keys: ["n", "escape"], in: "plan", run: "decline", label: "leave it as it is" },
    { keys: ["d"], in: "plan", run: "plan-diff", label: "look at the diff first" },
    { keys: ["d"], in: "breakpoints", run: "delete", label: "delete the breakpoint" },
    { keys: ["a"], in: "breakpoints", run: "add", label: "add a breakpoint…" },
  ]),
];

export type Bound = (typeof bindings)[number];
export type Group = Bound["group"];

/** The headings, in order. */
export const groups: readonly Group[] = [...new Set(bindings.map(({ group }) => group))];

function under<const Name extends string, const Each extends Row>(
  group: Name,
  rows: readonly Each[],
): readonly (Each & { readonly group: Name })[] {
  return rows.map((row) => ({ ...row, group }));
}
