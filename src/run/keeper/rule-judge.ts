import { type Event, isMutation } from "../../../journal/index.ts";
import type { Inode, Tree } from "../../fs/index.ts";
import type { RunRequest } from "../protocol/keeper-protocol.ts";
import { Policy, type Rule, ruleText } from "../../rules/index.ts";

/** Returns the rules that a guest's run is held to; undefined if there are none. */
export function rulesOf({ rules, guest }: RunRequest): RuleJudge | undefined {
  return rules.length === 0 ? undefined : new RuleJudge(rules, guest);
}

/** Holds what a guest's process records to the rules of its run: the process is not trusted to have held to them itself. */
export class RuleJudge {
  readonly #policy: Policy;
  readonly #texts: ReadonlySet<string>;

  constructor(rules: readonly Rule[], guest: string) {
    this.#policy = new Policy(rules, guest);
    this.#texts = new Set(rules.map(ruleText));
  }

  /** Says why an event may not follow, which fits the state; undefined if it may. */
  fault(tree: Tree, event: Event): string | undefined {
    if (event.kind === "decision") return this.#faultOfDecision(event);
    if (!isMutation(event)) return undefined;
    const ruling = this.#policy.change(tree, event, { time: event.time });
    if (ruling?.action === "deny") return `a rule denies it: ${ruling.rule}`;
    if (ruling?.action === "ask") return `nobody allowed it: ${ruling.rule}`;
    this.#policy.happened(event.time);
    return undefined;
  }

  /** Tells if the process must not have a file's bytes. */
  hides(tree: Tree, { ino }: Inode): boolean {
    return this.#policy.read(tree, ino, { time: 0n })?.action === "deny";
  }

  /** Tells if any file may be hidden. */
  get hidesSome(): boolean {
    return this.#policy.asksForReads;
  }

  #faultOfDecision({
    rule,
    action,
    answered,
    operation,
  }: Event & { kind: "decision" }): string | undefined {
    if (!this.#texts.has(rule)) return "there is no such rule";
    if (operation.length > longestWord || action.length > longestWord) return "no rule says that";
    if (answered !== undefined) return "nobody answered that";
    return undefined;
  }
}

/** The longest word for an operation or an action. */
const longestWord = 32;
