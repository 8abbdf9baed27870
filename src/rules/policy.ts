import type { Draft, Ino, Name } from "../../journal/index.ts";
import { type Tree, inodeOf } from "../fs/index.ts";
import { globMatcher } from "../history/index.ts";
import { Fits } from "./fit.ts";
import { checkRules } from "./parse.ts";
import {
  type Action,
  type Denial,
  type Outcome,
  type Rule,
  type RuleOperation,
  operationsOf,
  outcomeOf,
  outcomes,
  ruleText,
} from "./rule.ts";
import { type Ground, type Touch, readTouches, touchesOf } from "./touch.ts";

/** The answer of a policy to a call; there is none where no rule fits it but one that allows. */
export interface Ruling {
  readonly action: Exclude<Action, "allow">;
  /** The end of the call by that. */
  readonly outcome: Outcome;
  /** The rule's place in the policy, and its text. */
  readonly index: number;
  readonly rule: string;
  readonly error: Denial;
  /** The operation, in the words of rules, and the path for which the rule fits. */
  readonly operation: RuleOperation;
  readonly path: string;
  /** The words for what the call does there. */
  readonly words: readonly RuleOperation[];
}

/** The maker of a call, and its time. */
export interface Circumstances {
  /**
   * The names of the program, where it is known: its executable's first, then those that it gives itself, and those of the
   * programs that started it.
   */
  readonly programs?: readonly string[];
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
}

interface Compiled {
  readonly rule: Rule;
  readonly text: string;
  readonly operations: ReadonlySet<RuleOperation>;
  readonly fitsProgram: ((name: string) => boolean) | undefined;
  readonly window: Window | undefined;
}

/** Rules that say what calls are allowed. Keeps what it has to count; one policy follows one run. */
export class Policy {
  #rules: readonly Compiled[];
  #fits: Fits;
  readonly #moved: Ground["moved"];
  readonly #reads: boolean;
  /** True if each rule that does not allow names paths: then a look at the path is enough for most calls. */
  readonly #goesByPaths: boolean;
  #counted: Compiled[] = [];

  /** `guest` is the run's name. Throws RuleError. */
  constructor(rules: readonly Rule[], guest: string) {
    checkRules(rules);
    const given = rules.filter((rule) => rule.guest === undefined || named(rule.guest)(guest));
    this.#rules = given.map((rule) => compiled(rule));
    this.#fits = new Fits(given);
    this.#moved = given.some(({ largerThan }) => largerThan !== undefined) ? "all" : "as globs fit";
    this.#goesByPaths = given.every(
      ({ action, paths }) => action === "allow" || paths !== undefined,
    );
    this.#reads = this.#rules.some(
      ({ rule, operations }) => rule.action !== "allow" && operations.has("read"),
    );
  }

  /** Tells if any rule says something about reading. */
  get asksForReads(): boolean {
    return this.#reads;
  }

  /** Returns what it says of a change, which has not been made; undefined if that is allowed. */
  change(tree: Tree, draft: Draft, circumstances: Circumstances): Ruling | undefined {
    if (this.#isUnheard(tree, draft)) {
      if (this.#counted.length > 0) this.#counted = [];
      return undefined;
    }
    return this.#strictest(touchesOf(this.#ground(tree), draft), circumstances);
  }

  /** Returns what it says of reading an inode. */
  read(tree: Tree, ino: Ino, circumstances: Circumstances): Ruling | undefined {
    if (!this.#reads) return undefined;
    return this.#strictest(readTouches(this.#ground(tree), ino), circumstances);
  }

  /** Puts a rule before all others. Throws RuleError. */
  add(rule: Rule): void {
    checkRules([rule]);
    this.#rules = [compiled(rule), ...this.#rules];
    this.#fits = new Fits(this.#rules.map((one) => one.rule));
  }

  /** Counts the call that was judged last, where rules count, as it goes ahead. */
  happened(time: bigint): void {
    if (this.#counted.length === 0) return;
    for (const { window } of this.#counted) window?.add(time);
    this.#counted = [];
  }

  /** Tells quickly, for the calls that are made most, that all rules which do not allow are about other paths. */
  #isUnheard(tree: Tree, draft: Draft): boolean {
    if (!this.#goesByPaths) return false;
    if (draft.kind === "create" || draft.kind === "mkdir")
      return this.#isFree(tree, draft.path, draft);
    if (!isFrequent(draft)) return false;
    const inode = inodeOf(tree, draft.ino);
    const link = inode?.names.length === 1 ? inode.names[0] : undefined;
    if (inode?.type !== "file" || link === undefined) return false;
    if (!this.#isFree(tree, draft.path, link)) return false;
    if (draft.kind !== "rename") return true;
    const to = { parent: draft.toParent, name: draft.toName };
    return draft.replaced === undefined && this.#isFree(tree, draft.to, to);
  }

  #isFree(tree: Tree, path: string, at: { readonly parent: Ino; readonly name: Name }): boolean {
    return this.#fits.ofPath(tree, path, at).folded.rules.size === 0;
  }

  #ground(tree: Tree): Ground {
    return { tree, fits: this.#fits, moved: this.#moved };
  }

  #strictest(touches: Iterable<Touch>, circumstances: Circumstances): Ruling | undefined {
    this.#counted = [];
    let found: Ruling | undefined;
    for (const touch of touches) {
      const ruling = this.#firstFor(touch, circumstances);
      if (ruling === undefined || (found !== undefined && strictness(found) >= strictness(ruling)))
        continue;
      found = ruling;
      if (found.outcome === "fails") break;
    }
    return found;
  }

  #firstFor(touch: Touch, circumstances: Circumstances): Ruling | undefined {
    for (const [index, one] of this.#rules.entries()) {
      const { rule, text } = one;
      const operation = this.#fitting(index, one, touch);
      if (operation === undefined || !fitsSize(rule, touch)) continue;
      if (
        one.fitsProgram !== undefined &&
        !fitsProgram(rule, one.fitsProgram, circumstances.programs)
      )
        continue;
      if (one.window?.isBeyond(circumstances.time) === false) {
        if (!this.#counted.includes(one)) this.#counted.push(one);
        continue;
      }
      if (rule.action === "allow") return undefined;
      return {
        action: rule.action,
        outcome: outcomeOf(rule.action),
        index,
        rule: text,
        error: rule.error ?? "access",
        operation,
        path: touch.path,
        words: touch.is,
      };
    }
    return undefined;
  }

  /** Returns the operation for which a rule fits a touch. */
  #fitting(index: number, { rule, operations }: Compiled, touch: Touch): RuleOperation | undefined {
    const fits = (fit: Touch["fit"]): boolean =>
      rule.paths === undefined ||
      (rule.action === "allow" ? fit.exact : fit.folded).rules.has(index);
    const { is, amountsTo, leavesFor, comesFrom } = touch;
    const isHere = fits(touch.fit);
    if (rule.action === "allow")
      return isHere ? is.find((word) => operations.has(word)) : undefined;
    if (!isHere && !(touch.opens && touch.fit.folded.begun.has(index))) return undefined;
    const found = [...is, ...amountsTo].find((word) => operations.has(word));
    if (found !== undefined) return found;
    if (leavesFor !== undefined && !leavesFor.some(fits))
      return losses.find((word) => operations.has(word));
    if (comesFrom !== undefined && !fits(comesFrom) && operations.has("create")) return "create";
    return undefined;
  }
}

/** Tells calls that are about one file, and a rename of it. */
function isFrequent(
  draft: Draft,
): draft is Extract<
  Draft,
  { readonly kind: "write" | "set-size" | "set-times" | "unlink" | "rename" }
> {
  const { kind } = draft;
  return (
    kind === "write" ||
    kind === "set-size" ||
    kind === "set-times" ||
    kind === "unlink" ||
    kind === "rename"
  );
}

function strictness({ outcome }: Ruling): number {
  return outcomes.indexOf(outcome);
}

/** Operations that a rule could no longer forbid once a file has been moved out of its paths. */
const losses: readonly RuleOperation[] = ["remove", "read", "write", "mode", "times", "attributes"];

function fitsSize({ largerThan }: Rule, { size }: Touch): boolean {
  return largerThan === undefined || size > largerThan;
}

/**
 * Compares a rule's glob with a program's names. It chooses all but the first, its executable's, itself: that one alone
 * can allow.
 */
function fitsProgram(
  { action }: Rule,
  fits: (name: string) => boolean,
  programs: readonly string[] = [],
): boolean {
  return (action === "allow" ? programs.slice(0, 1) : programs).some(fits);
}

function compiled(rule: Rule): Compiled {
  const { beyond, program } = rule;
  return {
    rule,
    text: ruleText(rule),
    operations: operationsOf(rule),
    fitsProgram: program === undefined ? undefined : named(program),
    window: beyond === undefined ? undefined : new Window(beyond.count, beyond.seconds),
  };
}

/** Returns a test for names; a name with slashes is none of a folder. */
function named(glob: string): (name: string) => boolean {
  const fits = globMatcher(glob);
  return (name) => fits(name);
}

/** The times of the last calls that a rule counted, as many as it lets pass. */
class Window {
  readonly #count: number;
  readonly #span: bigint;
  readonly #times: bigint[] = [];
  #next = 0;

  constructor(count: number, seconds: number) {
    this.#count = count;
    this.#span = BigInt(Math.round(seconds * 1e9));
  }

  isBeyond(time: bigint): boolean {
    if (this.#count === 0) return true;
    const oldest = this.#times[this.#next];
    return oldest !== undefined && time - oldest < this.#span;
  }

  add(time: bigint): void {
    if (this.#count === 0) return;
    this.#times[this.#next] = time;
    this.#next = (this.#next + 1) % this.#count;
  }
}
