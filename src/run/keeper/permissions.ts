import type { Keeper, Recorder } from "../../../journal/index.ts";
import { BreachError, JournalError, systemClock } from "../../../journal/index.ts";
import type { PutBack } from "../../attach/index.ts";
import { type Limits, MisfitError, type Referee } from "../../fs/index.ts";
import type { Given } from "../asking/asking.ts";
import type { FromKeeper, RunRequest } from "../protocol/keeper-protocol.ts";
import type { PermissionAnswer } from "../protocol/permission.ts";
import type { Rule } from "../../rules/index.ts";
import { HoldFlag, lookMilliseconds } from "../protocol/hold-flag.ts";
import { PuttingBack } from "./putting-back.ts";
import { RuleJudge } from "./rule-judge.ts";
import type { ReadableTape } from "./tape/tape-ranges.ts";

/** Returns what answers for a run; undefined if it has no rules, and no debugger can attach. */
export function permissionsFor(
  request: RunRequest,
  say: (message: FromKeeper) => void,
): Permissions | undefined {
  if (request.rules.length === 0 && !request.attachable) return undefined;
  return new Permissions(request, say);
}

/**
 * Answers a guest's process that asks for permissions, after whoever started the run has been asked where a rule says
 * so.
 */
export class Permissions implements Disposable {
  readonly judge: RuleJudge;
  /** Tells the process to ask about each change; absent where nobody can attach a debugger. */
  readonly flag: HoldFlag | undefined;
  readonly #say: (message: FromKeeper) => void;
  readonly #now = systemClock();
  readonly #limits: Limits;
  #puttingBack: PuttingBack | undefined;
  #last = 0;

  constructor(
    { rules, guest, limits, attachable }: RunRequest,
    say: (message: FromKeeper) => void,
  ) {
    this.judge = new RuleJudge(rules, guest, limits);
    this.flag = attachable ? new HoldFlag() : undefined;
    this.#say = say;
    this.#limits = limits;
  }

  /** Holds the calls that a debugger wants held, and says so once the process goes by it. Throws RuleError. */
  hold(rules: readonly Rule[]): void {
    this.judge.hold(rules);
    this.flag?.hold(rules.length > 0);
    // By then the process looks again before its next call.
    setTimeout(() => this.#say({ kind: "holding" }), lookMilliseconds + 1);
  }

  [Symbol.dispose](): void {
    this.#puttingBack?.[Symbol.dispose]();
    this.flag?.[Symbol.dispose]();
  }

  /** Returns the answer to a question, unless somebody is asked first. Throws BreachError, RangeError. */
  ask(body: Buffer, keeper: Keeper): PermissionAnswer | undefined {
    // The question is about the state after all events that the process recorded before.
    keeper.take();
    try {
      const permission = this.judge.ask(body, readTapeOf(keeper), this.#now());
      if (permission.kind === "answer") return permission.answer;
      commit(keeper);
      this.#last += 1;
      this.#say({ kind: "question", id: this.#last, question: permission.question });
      return undefined;
    } catch (error) {
      throw error instanceof MisfitError ? new BreachError(error.message) : error;
    }
  }

  /** Lets a person change what they want, as `PuttingBack` does, and returns what the process is told. */
  news(question: Buffer, referee: Referee | undefined, tape: ReadableTape): Buffer | undefined {
    return referee === undefined ? undefined : this.#puttingBack?.answer(question, referee, tape);
  }

  /**
   * Takes an order to put something back, at the process's next question for news; returns what it is told if it waits for
   * a permission.
   */
  putBack(id: number, order: PutBack, keeper: Keeper): PermissionAnswer | undefined {
    const { flag, judge } = this;
    if (flag === undefined) return undefined;
    this.#puttingBack ??= new PuttingBack({
      limits: this.#limits,
      keeper,
      judge,
      tell: (hasNews) => flag.tell(hasNews),
      done: (which, result) => this.#say({ kind: "put-back", id: which, result }),
    });
    this.#puttingBack.add(id, order);
    if (!this.judge.forgetWaiting()) return undefined;
    this.#say({ kind: "withdrawn", id: this.#last });
    return { answer: "again", by: "nobody" };
  }

  /** Takes an answer to a question, and drops one that comes too late. */
  answered(id: number, given: Given): PermissionAnswer | undefined {
    return id === this.#last ? this.judge.answered(given) : undefined;
  }
}

/** Commits what was recorded before: whoever is asked looks at it. A failure is the guest's to hear, at its next change. */
function commit(keeper: Keeper): void {
  try {
    keeper.commit();
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
  }
}

function readTapeOf(keeper: Keeper): Recorder["readTape"] {
  return (position, length, target, at) =>
    target.set(keeper.readTape(position, position + length), at);
}
