import { joined, phrase, printable, words } from "../../src/text/index.ts";
import type { Answer } from "../../src/rules/index.ts";
import { type Held, type Live, holdsOf, isStop } from "../state/live.ts";
import { type State, without } from "../state/state.ts";
import type { Effect, Message } from "../state/effect.ts";
import { type Step, done, warn } from "./step.ts";

/** Handles a message about the running program. */
export function liveTold(
  state: State,
  message: Extract<Message, { kind: "attached" | "detached" | "holding" | "held" | "withdrawn" }>,
): Step {
  const { live } = state;
  switch (message.kind) {
    case "attached": {
      const holds = state.overlay?.kind === "held" ? "each change" : "breakpoints";
      return holding(state, {
        program: message.program,
        holds,
        isHeard: false,
        held: [],
      });
    }
    case "detached":
      return detached(state, message.why);
    case "holding":
      return live === undefined
        ? done(state)
        : done({ ...state, live: { ...live, isHeard: true } });
    case "held":
      return live === undefined ? done(state) : heldAt(state, live, message.held);
    case "withdrawn":
      return live === undefined
        ? done(state)
        : done({ ...state, live: { ...live, held: allBut(live.held, message.id) } });
  }
}

/** Holds the running program at its next change, or shows the call that is held. */
export function holdNow(state: State): Step {
  const { live } = state;
  const shown: State = { ...state, overlay: { kind: "held", first: 0 } };
  if (live === undefined) return done(shown, { kind: "attach" });
  return live.held.length > 0 ? done(shown) : holding(shown, { ...live, holds: "each change" });
}

/** Handles a key while the held call is shown. */
export function heldKey(state: State, token: string, first: number): Step {
  const { live } = state;
  if (token === "j" || token === "down")
    return done({ ...state, overlay: { kind: "held", first: first + 1 } });
  if (token === "k" || token === "up")
    return done({ ...state, overlay: { kind: "held", first: Math.max(0, first - 1) } });
  if (live === undefined) return token === "q" ? done(without(state, "overlay")) : done(state);
  const [call] = live.held;
  switch (token) {
    case "s":
      return call === undefined
        ? holding(state, { ...live, holds: "each change" })
        : followed(holding(state, { ...live, holds: "each change" }), call, "allow");
    case "c":
      return runOn(without(state, "overlay"), live);
    case "y":
      return call === undefined ? done(state) : answered(state, live, call, "allow");
    case "n":
      return call === undefined ? done(state) : answered(state, live, call, "deny");
    case "X":
      return call === undefined
        ? warn(state, words("Only a program that is held can be ended here."))
        : answered(without(state, "overlay"), live, call, "stop");
    default:
      return done(state);
  }
}

/** Tells the running program of breakpoints that have changed. */
export function withBreakpoints({ state, effects }: Step, before: State): Step {
  const { live, breakpoints } = state;
  if (live?.holds !== "breakpoints" || breakpoints === before.breakpoints)
    return { state, effects };
  return {
    state,
    effects: [...effects, { kind: "hold", rules: holdsOf(live.holds, breakpoints) }],
  };
}

function holding(state: State, live: Live): Step {
  const rules = holdsOf(live.holds, state.breakpoints);
  const isSame = state.live?.holds === live.holds;
  const effects: readonly Effect[] =
    isSame || (rules.length === 0 && state.live === undefined) ? [] : [{ kind: "hold", rules }];
  const isHeard = live.isHeard && effects.length === 0;
  return done({ ...state, live: { ...live, isHeard } }, ...effects);
}

function heldAt(state: State, live: Live, held: Held): Step {
  if (!isStop(held, live.holds, state.breakpoints))
    return done(state, { kind: "answer-held", id: held.id, answer: "allow" });
  const next: State = { ...state, live: { ...live, held: [...live.held, held] } };
  if (state.overlay !== undefined) return done(next);
  const { operation, path } = held.question;
  const text = phrase`${printable(live.program)} is held before ${words(operation)} ${printable(path)}; p shows it.`;
  return done({ ...next, toast: { kind: "warning", text } });
}

/** Lets all calls go on that only this debugger holds, and the one that is shown. */
function runOn(state: State, live: Live): Step {
  const left = live.held.filter(({ question }, index) => index > 0 && question.hold !== true);
  const gone = live.held.filter((one) => !left.includes(one));
  const { state: next, effects } = holding(state, { ...live, holds: "breakpoints", held: left });
  const answers = gone.map(({ id }): Effect => ({ kind: "answer-held", id, answer: "allow" }));
  return done(next, ...effects, ...answers);
}

function answered(state: State, live: Live, { id }: Held, answer: Answer): Step {
  const next = { ...live, held: allBut(live.held, id) };
  return done({ ...state, live: next }, { kind: "answer-held", id, answer });
}

/** Answers a call after what a step asks for. */
function followed({ state, effects }: Step, call: Held, answer: Answer): Step {
  if (state.live === undefined) return { state, effects };
  const step = answered(state, state.live, call, answer);
  return { state: step.state, effects: [...effects, ...step.effects] };
}

function detached(state: State, why: "ended" | "refused" | "nobody"): Step {
  const { live, overlay } = state;
  const closed =
    overlay?.kind === "held" ? without(state, "overlay", "live") : without(state, "live");
  if (why === "refused")
    return warn(closed, words("Another debugger is attached to the running program."));
  if (live !== undefined)
    return done({
      ...closed,
      toast: { kind: "done", text: joined([printable(live.program), words("has ended.")]) },
    });
  return overlay?.kind === "held"
    ? warn(closed, words("No program of yours that can be held writes this journal now."))
    : done(closed);
}

function allBut(held: readonly Held[], id: number): readonly Held[] {
  return held.filter((one) => one.id !== id);
}
