import { type Seq, isMutation, movesOf } from "../../journal/index.ts";
import { joined, printable, words } from "../../src/text/index.ts";
import { shownTree } from "../rows/arrange.ts";
import { type Breakpoint, breakpointText, sameBreakpoint } from "../state/breakpoint.ts";
import { seqText } from "../draw/event-text.ts";
import type { Criteria } from "../state/find.ts";
import type { CommandName } from "../keys/keymap.ts";
import { panels } from "../draw/layout.ts";
import { mainRows } from "../rows/main-rows.ts";
import { goTo, pathOfEvent } from "../state/moment.ts";
import { holdNow } from "./held.ts";
import { openListing } from "./listing.ts";
import { move } from "./motion.ts";
import type { Recording } from "../recording/recording.ts";
import { type PromptFor, type State, tabs, without } from "../state/state.ts";
import { oneStepOut } from "./step-out.ts";
import { type Step, done, warn } from "./step.ts";
import { again, run, speed, startFilter, step, stepOnPath } from "./through-time.ts";
import { ancestors } from "../rows/tree-rows.ts";
import { notThere } from "../state/whereabouts.ts";

type Command = (state: State, recording: Recording) => Step;

/** Actions of all commands. One that cannot do anything now says why. */
export const commands: Record<CommandName, Command> = {
  "step-back": (state, recording) => step(state, recording, -1),
  "step-forward": (state, recording) => step(state, recording, 1),
  "file-back": (state, recording) => stepOnPath(state, recording, "reverse"),
  "file-forward": (state, recording) => stepOnPath(state, recording, "forward"),
  "run-back": (state) => run(state, "reverse"),
  "run-on": (state) => run(state, "forward"),
  "run-before": (state, recording) => {
    const run = recording.runs().findLast(({ first }) => first < state.cursor);
    return run === undefined
      ? warn(state, words("No run begins before this moment."))
      : done(goTo(state, recording, run.first, "jump"));
  },
  "run-after": (state, recording) => {
    const run = recording.runs().find(({ first }) => first > state.cursor);
    return state.cursor === state.head
      ? warn(state, words("No run begins after this moment."))
      : done(goTo(state, recording, run?.first ?? state.head, "jump"));
  },
  "go-to": (state) => prompt(state, "go-to", ""),
  "jump-back": (state, recording) => {
    const last = state.visited.at(-1);
    if (last === undefined) return warn(state, words("There is nowhere to go back to."));
    const next = goTo(state, recording, last);
    const ahead = [...state.ahead, state.cursor];
    return done({ ...next, visited: state.visited.slice(0, -1), ahead });
  },
  "jump-again": (state, recording) => {
    const last = state.ahead.at(-1);
    if (last === undefined) return warn(state, words("There is nowhere to go forward to."));
    const next = goTo(state, recording, last);
    return done({
      ...next,
      visited: [...state.visited, state.cursor],
      ahead: state.ahead.slice(0, -1),
    });
  },
  play: (state) => {
    const { mode } = state;
    if (mode.kind === "playing")
      return done({ ...state, mode: { kind: "paused", known: mode.known } });
    if (state.cursor === state.head)
      return warn(state, words("This is the end; g goes to the start, F follows."));
    const known = mode.kind === "live" ? state.head : mode.known;
    return done({ ...state, mode: { kind: "playing", known } });
  },
  slower: (state) => speed(state, 0.5),
  faster: (state) => speed(state, 2),
  follow: (state, recording) =>
    done({
      ...goTo(state, recording, state.head, "jump"),
      mode: { kind: "live" },
    }),
  pin: (state) =>
    state.pin === state.cursor
      ? done(without(state, "pin"))
      : done({
          ...state,
          pin: state.cursor,
          toast: {
            kind: "done",
            text: joined([
              words("Pinned"),
              seqText(state.cursor),
              words("as the start of every diff; Esc lets go."),
            ]),
          },
        }),

  down: (state, recording) => move(state, recording, { rows: 1 }),
  up: (state, recording) => move(state, recording, { rows: -1 }),
  first: (state, recording) => move(state, recording, { to: "first" }),
  last: (state, recording) => move(state, recording, { to: "last" }),
  "half-down": (state, recording) => move(state, recording, { pages: 0.5 }),
  "half-up": (state, recording) => move(state, recording, { pages: -0.5 }),
  "page-down": (state, recording) => move(state, recording, { pages: 1 }),
  "page-up": (state, recording) => move(state, recording, { pages: -1 }),

  search: (state) => prompt(state, state.focus === "main" ? "rows" : "search", ""),
  "search-back": (state) => prompt(state, "search-back", ""),
  "find-file": (state) => openListing(state, { of: "files", text: "" }),
  "find-text": (state) =>
    prompt(state, "text", state.kept?.question.of === "text" ? state.kept.question.text : ""),
  findings: (state) => openListing(state, { of: "findings" }),
  "next-match": (state, recording) => again(state, "forward", recording),
  "previous-match": (state, recording) => again(state, "reverse", recording),
  filter: (state) => prompt(state, "filter", state.filter?.text ?? ""),
  refusals: (state) =>
    state.filter?.text === "op:fail"
      ? done(without(state, "filter", "job"), { kind: "stop-scan" })
      : startFilter(state, "op:fail", { kinds: new Set(["fail"]), paths: [], not: [] }),

  "break-event": (state, recording) => {
    const event = recording.event(state.cursor);
    if (event === undefined) return warn(state, words("There is no event here to break on."));
    const path = pathOfEvent(event);
    // A file that is saved by another's name comes again; the other's name may never.
    const isSave =
      event.kind === "exchange" || (event.kind === "rename" && event.replaced !== undefined);
    const from = "path" in event && !isSave ? event.path : path;
    const criteria: Criteria = {
      kinds: new Set([event.kind]),
      paths: path === undefined || from === undefined ? [] : [{ kind: "exact", path: from }],
      not: [],
    };
    return toggleBreakpoint(state, { kind: "events", criteria });
  },
  "break-path": (state, recording) => {
    const isDirectory = recording.inodeAt(state.path, state.settled)?.type === "directory";
    const criteria: Criteria = {
      paths: [{ kind: isDirectory ? "below" : "exact", path: state.path }],
      not: [],
    };
    return toggleBreakpoint(state, { kind: "events", criteria });
  },
  "break-bytes": (state, recording) => {
    const bytes = mainRows(state, recording).bytes?.(state.main.place.row);
    if (bytes === undefined || bytes.end <= bytes.start)
      return warn(state, words("Bytes to break on are in the tabs Content and Blame."));
    const at = state.settled;
    return toggleBreakpoint(state, { kind: "bytes", path: state.path, at, ...bytes });
  },
  "next-change": (state, recording) => {
    const bytes = mainRows(state, recording).bytes?.(state.main.place.row);
    if (bytes === undefined || bytes.end <= bytes.start)
      return warn(state, words("Rows that can be followed are in the tabs Content and Blame."));
    const { path, settled: at, edits, cursor: from } = state;
    // With the file all its rows go.
    const removal: Criteria = {
      kinds: new Set(["unlink"]),
      paths: [{ kind: "exact", path }],
      not: [],
    };
    const breakpoints: readonly Breakpoint[] = [
      { kind: "bytes", path, at, ...bytes },
      { kind: "events", criteria: removal },
    ];
    const scan = { kind: "run", breakpoints, edits, from, direction: "forward" } as const;
    return done(state, { kind: "scan", scan });
  },
  changes: (state) =>
    done({ ...state, path: "/", focus: "main", main: { ...state.main, tab: "diff", left: 0 } }),
  hold: (state) => holdNow(state),
  breakpoints: (state) => done({ ...state, overlay: { kind: "breakpoints", row: 0 } }),
  mark: (state) => done({ ...state, overlay: { kind: "mark" } }),
  marks: (state) => done({ ...state, overlay: { kind: "places", row: 0 } }),

  "open-event": (state) => done({ ...state, focus: "main", main: { ...state.main, tab: "event" } }),
  "open-entry": (state, recording) => {
    const rows = shownTree(state, recording);
    const row = rows.row(rows.rowOf(state.path));
    if (row?.inode?.type !== "directory")
      return done({
        ...state,
        focus: "main",
        main: { ...state.main, tab: state.main.tab === "event" ? "diff" : state.main.tab },
      });
    const open = new Set([...state.tree.open, ...ancestors(row.path)]);
    if (row.isOpen) open.delete(row.path);
    else open.add(row.path);
    return done({ ...state, path: row.path, tree: { ...state.tree, open } });
  },
  "open-writer": (state, recording) => {
    const target = mainRows(state, recording).target?.(state.main.place.row);
    if (target === undefined) return warn(state, words("Nothing leads on from this row."));
    if (target.kind === "path") return done({ ...state, path: target.path });
    if (target.seq === state.cursor)
      return warn(state, joined([words("This is the event that wrote it:"), seqText(target.seq)]));
    return done({
      ...goTo(state, recording, target.seq, "jump"),
      toast: {
        kind: "done",
        text: joined([seqText(target.seq), words("wrote it; ^o goes back.")]),
      },
    });
  },
  "close-all": (state) =>
    done({
      ...state,
      path: firstDirectory(state.path),
      tree: { ...state.tree, open: new Set(["/"]) },
    }),
  "open-all": (state, recording) => {
    const open = new Set(state.tree.open);
    // Each pass opens changed directories in those that the last one opened.
    for (let before = -1; before !== open.size && open.size < mostOpen;) {
      before = open.size;
      const next = { ...state, tree: { ...state.tree, open: new Set(open) } };
      const rows = shownTree(next, recording);
      for (let index = 0; index < Math.min(rows.count, mostLooked); index += 1) {
        const row = rows.row(index);
        if (row?.inode?.type === "directory" && (row.letter !== undefined || row.depth < 2))
          open.add(row.path);
      }
    }
    return done({ ...state, tree: { ...state.tree, open } });
  },
  hex: (state) => {
    const { main } = state;
    const form = main.form === "text" ? "bytes" : "text";
    const tab = main.tab === "content" || main.tab === "blame" ? main.tab : "content";
    return done({ ...state, main: { ...main, tab, form } });
  },
  edits: (state) => {
    const edits = state.edits === "saves" ? "events" : "saves";
    const text =
      edits === "saves" ? words("A save is one edit.") : words("Each event of a save by itself.");
    return done({ ...state, edits, toast: { kind: "done", text } });
  },
  "scroll-left": (state) => scroll(state, -8),
  "scroll-right": (state) => scroll(state, 8),
  pager: (state, recording) =>
    withFile(state, recording, () =>
      done(state, { kind: "pager", path: state.path, at: state.settled }),
    ),
  save: (state, recording) => withFile(state, recording, () => prompt(state, "save", "")),
  copy: (state) => done(state, { kind: "copy", text: printable(state.path) }),
  "copy-event": (state) => done(state, { kind: "copy", text: seqText(state.cursor) }),

  restore: (state, recording) =>
    done(state, {
      kind: "plan",
      plan: "restore",
      path: state.path,
      to: restoredTo(state, recording),
    }),
  "undo-event": (state, recording) => {
    const { cursor } = state;
    const event = recording.event(cursor);
    if (event === undefined || !isMutation(event))
      return warn(state, words("This changed nothing by itself; z undoes the whole run."));
    return done(state, { kind: "plan", plan: "undo", path: "/", to: cursor, event: cursor });
  },
  undo: (state) => done(state, { kind: "plan", plan: "undo", path: "/", to: state.cursor }),
  redo: (state) => done(state, { kind: "plan", plan: "redo", path: "/", to: state.cursor }),

  review: (state) => done(state, { kind: "review", folder: 0 }),

  "focus-timeline": (state) => done({ ...state, focus: "timeline" }),
  "focus-tree": (state) => done({ ...state, focus: "tree" }),
  "focus-main": (state) => done({ ...state, focus: "main" }),
  "next-panel": (state) => done({ ...state, focus: around(panels, state.focus, 1) }),
  "previous-panel": (state) => done({ ...state, focus: around(panels, state.focus, -1) }),
  enlarge: (state) => done({ ...state, zoom: "full" }),
  shrink: (state) => done({ ...state, zoom: "split" }),
  "next-tab": (state) => tab(state, 1),
  "previous-tab": (state) => tab(state, -1),
  help: (state) => done({ ...state, overlay: { kind: "keys", text: "", first: 0 } }),
  escape: (state) => {
    const out = oneStepOut(state);
    return out ?? warn(state, words("Nothing to leave; q quits."));
  },
  quit: (state) => done(state, { kind: "quit" }),
  suspend: (state) => done(state, { kind: "suspend" }),
  redraw: (state) => done(state, { kind: "redraw" }),

  // These belong to overlays, which handle them themselves.
  "step-held": (state) => done(state),
  "run-held": (state) => done(state),
  "allow-held": (state) => done(state),
  "deny-held": (state) => done(state),
  "end-held": (state) => done(state),
  accept: (state) => done(state),
  decline: (state) => done(state),
  "plan-diff": (state) => done(state),
  delete: (state) => done(state),
  add: (state) => done(state),
  take: (state) => done(state),
  "take-all": (state) => done(state),
  "take-none": (state) => done(state),
  split: (state) => done(state),
  "scroll-diff-down": (state) => done(state),
  "scroll-diff-up": (state) => done(state),
  "next-folder": (state) => done(state),
  "end-review": (state) => done(state),
  "open-row": (state) => done(state),
};

const mostOpen = 2_000;
/** Rows that are searched for directories to open. */
const mostLooked = 10_000;

function toggleBreakpoint(state: State, breakpoint: Breakpoint): Step {
  const rest = state.breakpoints.filter((one) => !sameBreakpoint(one, breakpoint));
  const isNew = rest.length === state.breakpoints.length;
  const condition = joined([breakpointText(breakpoint)]);
  return done({
    ...state,
    breakpoints: isNew ? [...rest, breakpoint] : rest,
    toast: {
      kind: "done",
      text: isNew
        ? joined([
            words("Breaks on"),
            joined([condition, words(".")], ""),
            words("c runs on, C back."),
          ])
        : joined([words("Does not break any more on"), condition]),
    },
  });
}

/** Acts on the file that is shown; if there is none, says where one exists. */
function withFile(state: State, recording: Recording, act: () => Step): Step {
  const { path, settled } = state;
  const type = recording.inodeAt(path, settled)?.type;
  if (type === "file") return act();
  return warn(
    state,
    type === undefined
      ? notThere(recording, path, settled)
      : joined([words(`Only for a file; this is a ${type}:`), printable(path)]),
  );
}

function prompt(state: State, kind: PromptFor, text: string): Step {
  return done({
    ...state,
    overlay: { kind: "prompt", for: kind, text, cursor: text.length },
  });
}

function scroll(state: State, by: number): Step {
  const { main } = state;
  return done({ ...state, main: { ...main, left: Math.max(0, main.left + by) } });
}

function tab(state: State, by: -1 | 1): Step {
  const { main } = state;
  return done({ ...state, main: { ...main, tab: around(tabs, main.tab, by), left: 0 } });
}

function around<T>(all: readonly T[], one: T, by: -1 | 1): T {
  return all[(all.indexOf(one) + by + all.length) % all.length] ?? one;
}

function firstDirectory(path: string): string {
  const first = path.split("/")[1];
  return first === undefined ? "/" : `/${first}`;
}

/** Returns the moment to restore: on an event of the timeline the one before it; elsewhere the moment that is shown. */
function restoredTo({ focus, cursor, path }: State, recording: Recording): Seq {
  const event = focus === "timeline" ? recording.event(cursor) : undefined;
  // An event that does not concern the path did nothing to it.
  const isOnPath =
    event !== undefined &&
    isMutation(event) &&
    (event.path === path || movesOf(event).some(({ to }) => to === path));
  return isOnPath ? ((cursor - 1) as Seq) : cursor;
}
