import {
  type Draft,
  type Event,
  type Ino,
  type Recorder,
  bytesOfFact,
  isMutation,
} from "../../../journal/index.ts";
import {
  type Inode,
  type Limits,
  MisfitError,
  type Tree,
  emptyTree,
  requireFit,
} from "../../fs/index.ts";
import {
  Holds,
  Policy,
  type Question,
  type Rule,
  type Ruling,
  alwaysRule,
  questionOf,
  ruleText,
} from "../../rules/index.ts";
import type { Given } from "../asking/asking.ts";
import { type PermissionAnswer, digestOf, parsePermission } from "../protocol/permission.ts";

/** The answer to a question for a permission, or what somebody is to be asked before that. */
export type Permission =
  | { readonly kind: "answer"; readonly answer: PermissionAnswer }
  | { readonly kind: "question"; readonly question: Question };

/**
 * Holds what a guest's process records to the rules of its run: the process is not trusted to have held to them itself.
 * A change that a rule asks about is recorded only after an answer that was given here.
 */
export class RuleJudge {
  readonly #policy: Policy;
  readonly #hasRules: boolean;
  readonly #holds: Holds;
  readonly #limits: Limits;
  readonly #texts: Set<string>;
  #tree: Tree = emptyTree();
  /** The call that waits for an answer, and the call that an answer has allowed. */
  #waiting: Call | undefined;
  #granted: Call | undefined;
  /** The last answer, until the process has recorded it, and those that it has. */
  #untold: Decided | undefined;
  readonly #told = new Set<string>();

  /** Throws RuleError. */
  constructor(rules: readonly Rule[], guest: string, limits: Limits) {
    this.#policy = new Policy(rules, guest);
    this.#hasRules = rules.length > 0;
    this.#holds = new Holds(guest);
    this.#limits = limits;
    this.#texts = new Set(rules.map(ruleText));
  }

  /** Sets the tree that its decisions are based on; the referee changes it as events are admitted. */
  follow(tree: Tree): void {
    this.#tree = tree;
  }

  /** Holds other calls from now on: the process asks about each change. Throws RuleError. */
  hold(rules: readonly Rule[]): void {
    for (const text of this.#holds.set(rules)) this.#texts.add(text);
  }

  /** Returns why an event that fits the state may not be recorded all the same; undefined if it may. */
  fault(event: Event, payload: Uint8Array): string | undefined {
    if (event.kind === "decision") return this.#faultOfDecision(event);
    if (!this.#hasRules || !isMutation(event)) return undefined;
    const ruling = this.#policy.change(this.#tree, event, { time: event.time });
    switch (ruling?.outcome) {
      case "fails":
        return `a rule denies it: ${ruling.rule}`;
      case "waits":
        if (!this.#isGranted(event, payload)) return `nobody allowed it: ${ruling.rule}`;
        break;
      case "passes":
      case undefined:
        break;
    }
    this.#granted = undefined;
    this.#policy.happened(event.time);
    return undefined;
  }

  /** Tells if the process must not have a file's bytes. */
  hides({ ino }: Inode): boolean {
    return this.#policy.read(this.#tree, ino, { time: 0n })?.outcome === "fails";
  }

  /** Tells if any file may be hidden. */
  get hidesSome(): boolean {
    return this.#policy.asksForReads;
  }

  /**
   * Answers a process that asks for a permission, or returns the question to ask first. Throws RangeError and MisfitError
   * for a request that no honest process makes.
   */
  ask(body: Buffer, readTape: Recorder["readTape"], time: bigint): Permission {
    const asked = parsePermission(body);
    this.#untold = undefined;
    this.#granted = undefined;
    const tree = this.#tree;
    const [draft, bytes] = asked.kind === "read" ? [] : [asked.fact, asked.bytes];
    const ino = asked.kind === "read" ? asked.ino : undefined;
    if (asked.kind === "change") {
      if (!isMutation(asked.fact)) throw new MisfitError("no rule asks about that");
      requireFit(tree, asked.fact, this.#limits);
    }
    const ruling =
      asked.kind === "change"
        ? this.#policy.change(tree, asked.fact, { time })
        : this.#policy.read(tree, asked.ino as Ino, { time });
    if (ruling?.outcome === "fails")
      return { kind: "answer", answer: { answer: "deny", by: "rules" } };
    if (ruling?.outcome !== "waits") {
      const held = draft === undefined ? undefined : this.#holds.change(tree, draft, { time });
      if (held === undefined) return { kind: "answer", answer: { answer: "allow", by: "rules" } };
      const about = questionOf({ ruling: held, tree, draft, ino: undefined, bytes }, readTape);
      const question = { ...about, hold: true } as const;
      this.#waiting = { ruling: held, question };
      return { kind: "question", question };
    }
    const call = asked.kind === "change" ? { key: asked.key, digest: asked.digest } : {};
    const question = questionOf(
      { ruling, tree, draft, ino: ino as Ino | undefined, bytes },
      readTape,
    );
    this.#waiting = { ruling, question, ...call };
    return { kind: "question", question };
  }

  /** Forgets the question that waits for an answer; returns false if none does. */
  forgetWaiting(): boolean {
    const wasWaiting = this.#waiting !== undefined;
    this.#waiting = undefined;
    return wasWaiting;
  }

  /**
   * Takes the answer to the question that waits, and returns what the process is told; undefined if it is told nothing.
   */
  answered({ answer, by }: Given): PermissionAnswer | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined) return undefined;
    this.#waiting = undefined;
    const { question, ruling } = waiting;
    const isYes = answer === "allow" || answer === "always";
    // A call that was held and let go leaves no trace.
    if (isYes && question.hold === true) return { answer: "allow", by };
    if (isYes) this.#granted = waiting;
    const action = `ask -> ${answer === "always" ? "allow" : answer}`;
    const { rule, operation, path } = ruling;
    this.#untold = { kind: "decision", rule, operation, path, action, answered: by };
    // The process is ended, and has nothing more to say about it.
    if (answer === "stop" || answer === "fork") return undefined;
    if (question.hold === true)
      return { answer: "deny", by, held: { rule, operation, path, error: ruling.error } };
    if (answer !== "always") return { answer: isYes ? "allow" : "deny", by };
    const add = alwaysRule(question);
    this.#policy.add(add);
    return { answer: "allow", by, add };
  }

  /** Returns, at the end of the run, the answer that the process has not recorded. */
  untold(): readonly Draft[] {
    return this.#untold === undefined ? [] : [this.#untold];
  }

  #isGranted(event: Event, payload: Uint8Array): boolean {
    const { key, digest } = this.#granted ?? {};
    return key?.equals(bytesOfFact(event)) === true && digest?.equals(digestOf(payload)) === true;
  }

  #faultOfDecision(event: Event & Decided): string | undefined {
    const { rule, action, answered, operation, count } = event;
    // Decisions beyond the number that are told come as one, which names a rule and has no other words.
    if (!this.#texts.has(rule)) return "there is no such rule";
    if (operation.length > longestWord || action.length > longestWord) return "no rule says that";
    if (answered === undefined) {
      return action.startsWith("ask") && count === undefined ? "nobody answered that" : undefined;
    }
    const key = keyOf(event);
    if (this.#untold !== undefined && keyOf(this.#untold) === key) {
      this.#untold = undefined;
      if (this.#told.size < mostTold) this.#told.add(key);
      return undefined;
    }
    return this.#told.has(key) || answered === "rules" ? undefined : "nobody answered that";
  }
}

interface Call {
  readonly ruling: Ruling;
  readonly question: Question;
  readonly key?: Buffer;
  readonly digest?: Buffer;
}

type Decided = Extract<Draft, { readonly kind: "decision" }>;

/** The longest word for an operation or an action. */
const longestWord = 32;
/** More than any process records one by one. */
const mostTold = 2_048;

function keyOf({ rule, operation, path, action, answered }: Decided): string {
  return JSON.stringify([rule, operation, path, action, answered]);
}
