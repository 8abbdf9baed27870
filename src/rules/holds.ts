import type { Draft } from "../../journal/index.ts";
import type { Tree } from "../fs/index.ts";
import { type Circumstances, Policy, type Ruling } from "./policy.ts";
import { type Rule, ruleText } from "./rule.ts";

/** The calls that a debugger wants held, beside the rules of a run: it can only ask. */
export class Holds {
  readonly #guest: string;
  #policy: Policy | undefined;

  /** `guest` is the run's name. */
  constructor(guest: string) {
    this.#guest = guest;
  }

  /** Replaces them by others; none are held if there are none. Returns their texts. Throws RuleError. */
  set(rules: readonly Rule[]): readonly string[] {
    const asking = rules.map((rule): Rule => ({ ...rule, action: "ask" }));
    this.#policy = asking.length === 0 ? undefined : new Policy(asking, this.#guest);
    return asking.map(ruleText);
  }

  get isEmpty(): boolean {
    return this.#policy === undefined;
  }

  /** Returns why a change is held; undefined if it is not. */
  change(tree: Tree, draft: Draft, circumstances: Circumstances): Ruling | undefined {
    return this.#policy?.change(tree, draft, circumstances);
  }
}
