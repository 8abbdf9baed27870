import { type Attached, attach } from "../../src/attach/index.ts";
import type { Message } from "../state/effect.ts";
import type { Recording } from "../recording/recording.ts";
import type { Effect } from "../state/effect.ts";

/** The connection to the program that writes the journal, while it runs. */
export interface Attaching {
  /** Attaches unless it is attached; dispatches a message if no program is there. */
  begin(): void;
  /** Attaches if a program has begun to run; called when the journal grew. */
  look(): void;
  hold(rules: Extract<Effect, { kind: "hold" }>["rules"]): void;
  answer(id: number, answer: Extract<Effect, { kind: "answer-held" }>["answer"]): void;
  stop(): void;
}

/** Shortest time between two tries that nobody asked for. */
const lookMilliseconds = 1_000;

export interface AttachingOptions {
  readonly now: () => number;
  readonly dispatch: (message: Message) => void;
  /** Reads what the journal has by now. */
  readonly catchUp: () => void;
}

export function attachingOn(
  recording: Recording,
  { now, dispatch, catchUp }: AttachingOptions,
): Attaching {
  let attached: Attached | undefined;
  let last = Number.NEGATIVE_INFINITY;
  /** The run that another debugger is attached to already. */
  let refusedAt: number | undefined;

  function begin(asked: "asked" | "unasked"): void {
    if (attached !== undefined) return;
    last = now();
    let isIn = false;
    let isRefused = false;
    const one = attach(recording.file, {
      onAttached(program) {
        isIn = true;
        dispatch({ kind: "attached", program });
      },
      onRefused() {
        isRefused = true;
        refusedAt = recording.runs().at(-1)?.run;
        if (asked === "asked") dispatch({ kind: "detached", why: "refused" });
      },
      onHolding: () => dispatch({ kind: "holding" }),
      onHeld(id, question) {
        // The call comes after events which are in the journal by now.
        catchUp();
        dispatch({ kind: "held", held: { id, question } });
      },
      onWithdrawn: (id) => dispatch({ kind: "withdrawn", id }),
      onGone() {
        if (attached === one) attached = undefined;
        if (isIn) dispatch({ kind: "detached", why: "ended" });
        else if (asked === "asked" && !isRefused) dispatch({ kind: "detached", why: "nobody" });
      },
    });
    attached = one;
  }

  return {
    begin: () => begin("asked"),
    look() {
      if (attached !== undefined || now() - last < lookMilliseconds) return;
      const run = recording.runs().at(-1);
      if (run === undefined || run.end !== undefined || run.run === refusedAt) return;
      begin("unasked");
    },
    hold: (rules) => attached?.hold(rules),
    answer: (id, answer) => attached?.answer(id, answer),
    stop() {
      const one = attached;
      attached = undefined;
      one?.close();
    },
  };
}
