import { serialize } from "node:v8";

import {
  type Event,
  type Ino,
  type Keeper,
  type ProcessNumber,
  personsPid,
} from "../../../journal/index.ts";
import type { PutBack, PutBackResult } from "../../attach/index.ts";
import {
  type Command,
  FsError,
  type Limits,
  type Referee,
  apply,
  decide,
  signedBy,
} from "../../fs/index.ts";
import {
  type Done,
  type History,
  type RestoreStart,
  type RunningFiles,
  openHistory,
  stoppedHalfway,
  tapeOf,
} from "../../history/index.ts";
import { personsCommand, putBackIn } from "../person/put-back.ts";
import type { News } from "../protocol/jobs.ts";
import { statePackedFor } from "./beginning.ts";
import type { RuleJudge } from "./rule-judge.ts";
import type { ReadableTape } from "./tape/tape-ranges.ts";

/** Milliseconds for which a person waits for a guest to make a call. */
const patience = 5_000;

/** The parts of a run that what a person puts back is about. */
export interface PuttingBackParts {
  readonly limits: Limits;
  readonly keeper: Keeper;
  readonly judge: RuleJudge;
  /** Tells the guest's process that somebody waits for it to ask for news, or that nobody does any more. */
  readonly tell: (hasNews: boolean) => void;
  readonly done: (id: number, result: PutBackResult) => void;
}

/**
 * Puts things back for a person while a guest runs. The guest's process has a state of its own, and records from there: so
 * it is changed only when the process asks for news, at a call of the guest, and then gets the whole state anew.
 */
export class PuttingBack implements RunningFiles, Disposable {
  readonly #parts: PuttingBackParts;
  readonly #orders = new Map<number, { readonly order: PutBack; readonly timer: NodeJS.Timeout }>();
  #referee: Referee | undefined;
  #history: History | undefined;
  /** Inodes that the guest has open. */
  #open: ReadonlySet<Ino> = new Set();
  #persons = 0;
  #last: Event | undefined;

  constructor(parts: PuttingBackParts) {
    this.#parts = parts;
  }

  get tree() {
    return this.#followed().tree;
  }

  /** Takes an order, to be carried out at the guest's next call. */
  add(id: number, order: PutBack): void {
    const timer = setTimeout(() => this.#giveUp(id), patience);
    this.#orders.set(id, { order, timer });
    this.#parts.tell(true);
  }

  /**
   * Carries out what waits, for a process that asks for news with the inodes that it has open. Returns the answer, and
   * extends what it may read of the tape. Throws BreachError, JournalError.
   */
  answer(body: Buffer, referee: Referee, tape: ReadableTape): Buffer {
    const { keeper, judge, tell, done } = this.#parts;
    this.#referee = referee;
    keeper.commit();
    this.#open = new Set(numbersIn(body).filter((ino) => referee.reaches(ino)));
    this.#last = undefined;
    this.#history ??= openHistory(keeper.journal);
    const results = new Map<number, PutBackResult>();
    for (const [id, { order, timer }] of this.#orders) {
      clearTimeout(timer);
      const result = putBackIn(order, this, this.#history);
      results.set(
        id,
        "run" in result
          ? { kind: "done", first: result.first, last: result.last, seen: true }
          : result,
      );
    }
    this.#orders.clear();
    tell(false);
    const state = statePackedFor(keeper.journal, referee.reach, judge, {
      tree: referee.tree,
      open: [...this.#open],
    });
    const { tag, tapeLength } = keeper.renew();
    const news: News = { tree: state.packed, last: this.#last, tag, tapeLength };
    for (const [id, result] of results) done(id, result);
    tape.ranges = state.ranges;
    return serialize(news);
  }

  carryOut(commands: readonly Command[], start: RestoreStart): Done {
    const { keeper, limits } = this.#parts;
    const { tree } = this.#followed();
    const basis = { tree, limits, isOpen: (ino: Ino) => this.#open.has(ino) };
    const before = keeper.journal.head();
    const by = (this.#persons + 1) as ProcessNumber;
    const person = { number: by, pid: personsPid, args: personsCommand(start) };
    try {
      return keeper.recordTogether((append) => {
        const told = append({ kind: "process", ...person });
        this.#persons = by;
        this.#last = told;
        for (const command of commands) {
          const draft = decide(basis, command);
          if (draft === undefined) continue;
          this.#last = append(signedBy(() => by, draft));
          apply(tree, this.#last, tapeOf(keeper.journal));
        }
        return { run: told.run, first: told.seq, last: this.#last.seq };
      });
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      throw stoppedHalfway(start.cause, error, `restore ${before} takes back what was done`);
    }
  }

  [Symbol.dispose](): void {
    for (const [id, { timer }] of this.#orders) {
      clearTimeout(timer);
      this.#parts.done(id, { kind: "refused", message: "the program has ended meanwhile" });
    }
    this.#orders.clear();
  }

  #followed(): Referee {
    if (this.#referee === undefined) throw new TypeError("a guest that has no state yet");
    return this.#referee;
  }

  #giveUp(id: number): void {
    this.#orders.delete(id);
    if (this.#orders.size === 0) this.#parts.tell(false);
    const message = "the guest computes, and sees nothing before its next call";
    this.#parts.done(id, { kind: "refused", message, hint: "try it again, or hold it with p" });
  }
}

/** Reads the numbers of a question. */
function numbersIn(body: Buffer): Ino[] {
  const found: Ino[] = [];
  for (let at = 1; at + 8 <= body.length; at += 8) found.push(body.readDoubleLE(at) as Ino);
  return found;
}
