import type { Draft, Event, Ino } from "../../journal/index.ts";
import type { Decision, Gate, Tree } from "../fs/index.ts";
import type { Circumstances, Policy, Ruling } from "./policy.ts";

/** A call that somebody is asked about. */
export interface Asked {
  readonly ruling: Ruling;
  readonly tree: Tree;
  /** The change, which has not been made; undefined for reading. */
  readonly draft: Draft | undefined;
  /** The inode that is read. */
  readonly ino: Ino | undefined;
  readonly bytes: Uint8Array | undefined;
}

/** An answer, and who gave it. */
export interface Answered {
  readonly answer: "allow" | "deny";
  readonly by: string;
  /** The word for it, where it was another. */
  readonly said?: string;
}

/** A change that no rule asks about. */
export type HeldChange = Pick<Asked, "tree" | "bytes"> & { readonly draft: Draft };

export interface GateOptions {
  /** Undefined where the run has no rules. */
  readonly policy: Policy | undefined;
  /** Read only when a rule needs them. */
  readonly circumstances: Circumstances;
  /** Answers at once, or throws: the call then throws the same. */
  readonly ask: (asked: Asked) => Answered;
  /** Returns the decision of a debugger that holds a change; undefined if it goes ahead. Throws as `ask` does. */
  readonly hold?: (change: HeldChange) => Decision | undefined;
}

/** Holds calls to a policy. */
export class PolicyGate implements Gate {
  readonly #policy: Policy | undefined;
  readonly #circumstances: Circumstances;
  readonly #ask: GateOptions["ask"];
  readonly #hold: GateOptions["hold"];

  constructor({ policy, circumstances, ask, hold }: GateOptions) {
    this.#policy = policy;
    this.#circumstances = circumstances;
    this.#ask = ask;
    this.#hold = hold;
  }

  change(tree: Tree, draft: Draft, bytes: Uint8Array | undefined): Decision | undefined {
    const ruling = this.#policy?.change(tree, draft, this.#circumstances);
    const decision = this.#decide(ruling, { tree, draft, ino: undefined, bytes });
    // Somebody has answered already: the debugger is not asked as well.
    if (decision?.error !== undefined || decision?.answered !== undefined) return decision;
    return this.#hold?.({ tree, draft, bytes }) ?? decision;
  }

  read(tree: Tree, ino: Ino): Decision | undefined {
    const policy = this.#policy;
    if (policy?.asksForReads !== true) return undefined;
    const circumstances = this.#circumstances;
    const ruling = policy.read(tree, ino, circumstances);
    const decision = this.#decide(ruling, { tree, draft: undefined, ino, bytes: undefined });
    if (decision?.error === undefined) policy.happened(circumstances.time);
    return decision;
  }

  happened({ time }: Event): void {
    this.#policy?.happened(time);
  }

  #decide(ruling: Ruling | undefined, call: Omit<Asked, "ruling">): Decision | undefined {
    if (ruling === undefined) return undefined;
    const { action, outcome, error, rule, operation, path } = ruling;
    const said = { rule, operation, path, action };
    switch (outcome) {
      case "passes":
        return said;
      case "fails":
        return { ...said, error };
      case "waits":
        return this.#asked(ruling, call);
    }
  }

  #asked(ruling: Ruling, call: Omit<Asked, "ruling">): Decision {
    const { error, rule, operation, path } = ruling;
    const { answer, by, said: word = answer } = this.#ask({ ruling, ...call });
    const said = { rule, operation, path, action: `ask -> ${word}`, answered: by };
    return answer === "allow" ? said : { ...said, error };
  }
}
