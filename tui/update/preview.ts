import { type CommandName, commandFor } from "../keys/keymap.ts";
import type { Recording } from "../recording/recording.ts";
import type { Overlay, Plan, State, View } from "../state/state.ts";
import { without } from "../state/state.ts";
import { commands } from "./commands.ts";
import { type Step, done } from "./step.ts";

type Preview = Extract<Overlay, { kind: "preview" }>;

/** Shows in the panels what a plan would change: how files are now, and how they would be. */
export function previewOf(state: State, plan: Plan): State {
  const { cursor, settled, mode, pin, path, focus, zoom, timelineFirst, tree, main } = state;
  const view = { cursor, settled, mode, path, focus, zoom, timelineFirst, tree, main };
  return {
    ...state,
    cursor: plan.to,
    // After the undo of one event the state is none of the past: the event's own change is shown, the other way.
    pin: plan.event ?? plan.head,
    path: plan.event === undefined ? plan.path : (plan.changes[0]?.path ?? plan.path),
    focus: "main",
    main: { ...main, tab: "diff", left: 0 },
    overlay: { kind: "preview", plan, asked: pin === undefined ? view : { ...view, pin } },
  };
}

/** Handles a key while the changes of a plan are shown: all that only looks around, and the answers. */
export function previewKey(
  state: State,
  { plan, asked }: Preview,
  token: string,
  recording: Recording,
): Step {
  const back = viewed(state, asked);
  if (token === "y") return done(without(back, "overlay"), { kind: "carry-out", plan });
  if (token === "d" || token === "n" || token === "escape" || token === "q")
    return done({ ...back, overlay: { kind: "plan", plan } });
  const command = commandFor(token, [state.focus, "list", "everywhere"]);
  if (command === "open-writer") return openRow(state, recording);
  return command !== undefined && looking.has(command)
    ? commands[command](state, recording)
    : done(state);
}

function viewed(state: State, view: View): State {
  return { ...without(state, "pin"), ...view };
}

/** Opens the file of a row. A row of a file leads to another moment, which would end the preview. */
function openRow(state: State, recording: Recording): Step {
  const next = commands["open-writer"](state, recording);
  return next.state.cursor === state.cursor ? next : done(state);
}

/** Commands that keep the moment and the two panels that show it. */
const looking: ReadonlySet<CommandName> = new Set<CommandName>([
  "down",
  "up",
  "first",
  "last",
  "half-down",
  "half-up",
  "page-down",
  "page-up",
  "open-entry",
  "open-all",
  "close-all",
  "scroll-left",
  "scroll-right",
  "focus-tree",
  "focus-main",
  "enlarge",
  "shrink",
  "redraw",
  "suspend",
]);
