import { existsSync, rmSync } from "node:fs";

import { BreachError, type Keeper, type RunNumber } from "../../../journal/index.ts";
import type { Referee } from "../../fs/index.ts";
import { admitEvent } from "./admit-event.ts";
import { CommitTimer } from "./commit-timer.ts";
import { type Conclusion, breached, breaksRules, endOf, failed, neverBegan } from "./conclusion.ts";
import { whenNeverReady } from "./never-ready.ts";
import { launchGuest } from "./launch-guest.ts";
import { answerThrough } from "./answers.ts";
import { beginningOf } from "./beginning.ts";
import type { ReadableTape } from "./tape/tape-ranges.ts";
import type { Stop } from "../ending/control.ts";
import type { RunError } from "../ending/error.ts";
import { errorOf, parseFailure } from "../ending/failure.ts";
import { asked, type Frame, said, told } from "../protocol/frames.ts";
import { GuestProcess, type ProcessEnd } from "../process/guest-process.ts";
import type { Given } from "../asking/asking.ts";
import type { PutBack } from "../../attach/index.ts";
import type { Rule } from "../../rules/index.ts";
import type { PermissionAnswer } from "../protocol/permission.ts";
import { InputFeed } from "./streams/input-feed.ts";
import { type Isolation, startFailure } from "../isolation/index.ts";
import type { Go } from "../protocol/jobs.ts";
import type { FromKeeper, RunRequest } from "../protocol/keeper-protocol.ts";
import { type LoadedGuest, jobOf, startOf } from "./loaded-guest.ts";
import { parseEnded } from "../ending/outcome.ts";
import { Outputs } from "./streams/outputs.ts";
import { openKeeperOf } from "./telling-keeper.ts";
import { type Permissions, permissionsFor } from "./permissions.ts";
import { PromisedFiles } from "./tape/promised-files.ts";
import { TapeSpool } from "./tape/spool.ts";
import { VainCalls } from "./vain-calls.ts";
import { graceMilliseconds } from "./waits.ts";
import { endedOutcome } from "../process/process-end.ts";

/**
 * A guest's process and the journal that it records into. The process is not trusted: its records are taken if they may
 * follow, its questions are answered as far as it may know, and a process that breaks the rules is ended. The run's
 * beginning and end are written here.
 */
export class LiveRun {
  readonly #request: RunRequest;
  readonly #guest: LoadedGuest;
  readonly #say: (message: FromKeeper) => void;
  readonly #keeper: Keeper;
  readonly #isNewJournal: boolean;
  #process: GuestProcess;
  /** Why the guest is not isolated, if it should have been. */
  #missing: string | undefined;
  readonly #outputs: Outputs;
  readonly #input: InputFeed;
  readonly #vain: VainCalls;
  readonly #promised: PromisedFiles;
  readonly #spool: TapeSpool;
  readonly #permissions: Permissions | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #referee: Referee | undefined;
  #tape: ReadableTape = { ranges: [], own: 0 };
  #packed: Go["tree"] | undefined;
  #go: Go | undefined;
  #run: RunNumber | undefined;
  #phase: "loading" | "held" | "running" | "ending" | "over" = "loading";
  #stopped: Stop | undefined;
  readonly #stopMeanwhile: () => Stop | undefined;
  #deadlineAt = Infinity;
  #stoppedAt = Infinity;
  #conclusion: Conclusion | undefined;
  readonly #commits: CommitTimer;
  #deadline: NodeJS.Timeout | undefined;
  #readyDeadline: NodeJS.Timeout | undefined;

  /** `stopMeanwhile` returns an order to stop that came while this thread was busy. Throws JournalError, RunError. */
  constructor(
    request: RunRequest,
    guest: LoadedGuest,
    say: (message: FromKeeper) => void,
    stopMeanwhile: () => Stop | undefined,
  ) {
    this.#stopMeanwhile = stopMeanwhile;
    this.#request = request;
    this.#guest = guest;
    this.#say = say;
    this.#vain = new VainCalls(request.limits);
    this.#permissions = permissionsFor(request, say);
    this.#isNewJournal = !existsSync(request.journal);
    this.#keeper = openKeeperOf(request, say, {
      admit: (event, payload) => {
        const [referee, promised, vain] = [this.#referee, this.#promised, this.#vain];
        admitEvent(event, payload, { referee, promised, vain });
      },
      breathe: () => this.#breathe(),
    });
    this.#commits = new CommitTimer(this.#keeper, (error) => this.#failedWith(error));
    this.#promised = new PromisedFiles(this.#keeper, request.folders);
    this.#spool = new TapeSpool(request.journal);
    // A process may end when a run that could not begin is over, and nobody waits for it any more.
    this.#ended.promise.catch(() => {});
    try {
      this.#outputs = new Outputs(request, say, () => this.#printedSome());
      this.#input = new InputFeed(request.stdin);
      this.#process = this.#launch(request.isolation);
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  /** Runs to its end; throws if the run could not begin. */
  async run(): Promise<void> {
    try {
      this.#handOver();
      const late = this.#request.instead?.readySeconds;
      this.#readyDeadline = whenNeverReady((error) => this.#ended.reject(error), late);
      // Done while the guest is compiled.
      const { packed, tape, referee } = beginningOf(
        this.#keeper.journal,
        this.#request,
        this.#permissions?.judge,
      );
      this.#packed = packed;
      this.#tape = tape;
      this.#referee = referee;
      void this.#guest.file.digest;
      await this.#ended.promise;
    } finally {
      this.#commits.stop();
      clearTimeout(this.#deadline);
      clearTimeout(this.#readyDeadline);
      this.#process.kill();
      this.#input.close();
      this.#spool[Symbol.dispose]();
      this.#permissions?.[Symbol.dispose]();
      if (this.#phase !== "over") this.#close();
    }
  }

  pause(): void {
    if (this.#phase === "running") this.#process.freeze();
  }

  /** Lets the guest go on; the first call lets it begin. */
  resume(): void {
    if (this.#phase === "running") return this.#process.thaw();
    if (this.#phase !== "held") return;
    this.#phase = "running";
    this.#process.tellClone(told.go, this.#go);
    this.#go = undefined;
    const { timeoutSeconds } = this.#request;
    if (timeoutSeconds <= 0) return;
    this.#deadlineAt = performance.now() + timeoutSeconds * 1_000;
    this.#deadline = setTimeout(() => this.stop("timeout"), timeoutSeconds * 1_000);
  }

  /** Lets a call go ahead, or fail, that somebody was asked about, or ends the guest there. */
  answered(id: number, given: Given): void {
    this.#permit(this.#permissions?.answered(id, given));
    if (given.answer === "stop" || given.answer === "fork")
      this.stop(given.answer === "stop" ? "answer" : "fork");
  }

  /** Holds the calls that a debugger wants held, from now on. */
  hold(rules: readonly Rule[]): void {
    if (this.#phase !== "over") this.#permissions?.hold(rules);
  }

  /** Puts something back for a person, at the guest's next call. */
  putBack(id: number, order: PutBack): void {
    this.#permit(this.#permissions?.putBack(id, order, this.#keeper));
    this.#input.nudge();
  }

  took(bytes: number): void {
    this.#outputs.took(bytes);
  }

  /** Ends the guest at once. Everything it had recorded and printed by then counts. */
  stop(stop: Stop): void {
    this.#kill(stop);
    // A run that was requested and stopped is recorded, too.
    if (this.#phase === "loading" && this.#packed !== undefined) this.#begin();
    if (this.#phase === "ending") this.#finishWhenPrinted();
  }

  #kill(stop: Stop): void {
    this.#stopped ??= stop;
    this.#stoppedAt = Math.min(this.#stoppedAt, performance.now());
    this.#process.kill();
  }

  /** Handles deadlines and orders meanwhile, for a guest that records faster than its events can be judged. */
  #breathe(): void {
    const stop = this.#stopMeanwhile();
    if (stop !== undefined) this.#kill(stop);
    if (performance.now() > this.#deadlineAt) this.#kill("timeout");
    if (performance.now() > this.#stoppedAt + graceMilliseconds)
      throw new BreachError(
        "it recorded more than could be judged in time, and the rest was dropped",
      );
  }

  #handOver(): void {
    this.#process.tellClone(told.job, jobOf(this.#request, this.#guest.code));
    this.#process.hand(this.#guest.files());
  }

  #launch(isolation: Isolation): GuestProcess {
    const process = launchGuest(this.#request, this.#keeper, {
      isolation,
      spool: this.#spool.reader,
      hold: this.#permissions?.flag?.reader,
      onFrame: (frame) => this.#hear(frame),
      onEnd: (end) => this.#processEnded(end),
    });
    this.#missing ??= process.missing;
    return process;
  }

  #hear(frame: Frame): void {
    try {
      this.#obey(frame);
    } catch (error) {
      this.#failedWith(error);
    }
  }

  #failedWith(error: unknown): void {
    if (breaksRules(error)) this.#breach(error);
    else this.#ended.reject(error);
  }

  #obey({ kind, body }: Frame): void {
    if (kind === said.failed) return this.#failed(body);
    // A guest that was stopped before has begun by that, and may have said so on its way.
    if (kind === said.ready) return this.#stopped === undefined ? this.#begin() : undefined;
    if (this.#phase !== "running") {
      // It may have sent more before it learned of its end.
      if (this.#phase === "ending" || this.#phase === "over") return;
      throw new RangeError(`a frame of kind ${kind} before the guest began`);
    }
    switch (kind) {
      case said.ring:
        return this.#take();
      case said.ask:
        if (body[0] === asked.permission)
          return this.#permit(this.#permissions?.ask(body.subarray(1), this.#keeper));
        return this.#answer(body);
      case said.vain:
        return this.#vain.told(body);
      case said.forgot:
        return this.#forget(body.readDoubleLE(0));
      case said.output:
        return this.#print(body);
      case said.ended:
        this.#vain.clear();
        return this.#conclude(parseEnded(body));
      default:
        throw new RangeError(`a frame of the unknown kind ${kind}`);
    }
  }

  #begin(): void {
    if (this.#phase !== "loading" || this.#packed === undefined)
      throw new RangeError("a guest that begins twice");
    clearTimeout(this.#readyDeadline);
    const { run } = this.#keeper.record(startOf(this.#request, this.#guest.file.digest));
    this.#run = run;
    const hasSpool = this.#spool.reader !== undefined;
    this.#go = { ...this.#keeper.situation(run), tree: this.#packed, hasSpool };
    this.#packed = undefined;
    this.#phase = "held";
    this.#say({ kind: "started", run });
  }

  #failed(body: Buffer): void {
    const failure = parseFailure(body);
    if (this.#run === undefined)
      return void errorOf(failure).then(
        (error) => this.#ended.reject(error),
        (error: unknown) => this.#ended.reject(error),
      );
    this.#conclude(failed(failure));
  }

  #take(): void {
    this.#keeper.take();
    this.#commits.begin();
  }

  /** Forgets a file without a name that was closed, once everything recorded before is taken. */
  #forget(ino: number): void {
    this.#take();
    this.#referee?.forget(ino);
  }

  #answer(body: Buffer): void {
    const [tape, outputs, promised] = [this.#tape, this.#outputs, this.#promised];
    const news = (asking: Buffer) => this.#permissions?.news(asking, this.#referee, tape);
    const sources = { tape, outputs, promised, spool: this.#spool, input: this.#input, news };
    answerThrough(this.#process, body, this.#keeper, sources);
  }

  #permit(answer: PermissionAnswer | undefined): void {
    if (answer !== undefined) this.#process.tell(told.answer, Buffer.from(JSON.stringify(answer)));
  }

  #print(body: Buffer): void {
    this.#outputs.print(body);
    // One that is ended has little left to say, and is heard to its end, or that end would wait for a reader.
    if (this.#outputs.isFull && this.#stopped === undefined) this.#process.hold();
  }

  #printedSome(): void {
    if (this.#phase === "ending") this.#finishWhenPrinted();
    else if (!this.#outputs.isFull) this.#process.release();
  }

  /** Ends a process that left something that no honest one does, and its run. */
  #breach(error: Error): void {
    this.#process.kill();
    if (this.#run !== undefined) return this.#conclude(breached(error, this.#stopped));
    this.#ended.reject(neverBegan(error));
  }

  #processEnded(end: ProcessEnd): void {
    if (this.#run === undefined) {
      const failure = this.#stopped === undefined ? startFailure(end.talk) : undefined;
      if (failure !== undefined) return this.#startAgain(failure);
      return this.#ended.reject(neverBegan(endedOutcome(end, this.#stopped)));
    }
    this.#conclude({ outcome: endedOutcome(end, this.#stopped), notes: [] });
  }

  /** Starts again without isolation, after it failed. */
  #startAgain(failure: RunError): void {
    if (this.#request.isolation !== "auto" || this.#missing !== undefined)
      return this.#ended.reject(failure);
    this.#missing = `${failure.message}, and runs it all the same. Hint: ${failure.hint ?? ""}`;
    try {
      this.#process = this.#launch("none");
      this.#handOver();
    } catch (error) {
      this.#ended.reject(error);
    }
  }

  #conclude(conclusion: Conclusion): void {
    if (this.#phase === "ending" || this.#phase === "over") return;
    this.#conclusion = conclusion;
    this.#phase = "ending";
    this.#process.kill();
    this.#finishWhenPrinted();
  }

  #finishWhenPrinted(): void {
    const conclusion = this.#conclusion;
    if (conclusion === undefined || this.#phase !== "ending") return;
    // A run that was told to stop does not wait for a reader that takes nothing.
    if (this.#stopped !== undefined) this.#outputs.drop();
    if (!this.#outputs.isEmpty) return;
    this.#phase = "over";
    try {
      this.#finish(conclusion);
      this.#ended.resolve();
    } catch (error) {
      this.#ended.reject(error);
    }
  }

  #finish(claimed: Conclusion): void {
    const run = this.#run;
    if (run === undefined) throw new TypeError("a run that ends before it began");
    let { outcome, notes } = claimed;
    try {
      try {
        this.#keeper.commit();
      } catch (error) {
        if (!(error instanceof BreachError)) throw error;
        ({ outcome, notes } = breached(error, this.#stopped));
      }
      const untold = this.#permissions?.judge.untold() ?? [];
      for (const call of [...this.#vain.rest(), ...untold]) this.#keeper.record(call);
      this.#keeper.record({ kind: "run-end", ...endOf(outcome) });
    } finally {
      this.#keeper.close();
    }
    const missing = this.#missing === undefined ? [] : [this.#missing];
    const told = [...missing, ...this.#guest.notes, ...this.#promised.notes(), ...notes];
    this.#say({ kind: "ended", run, digest: this.#guest.file.digest, outcome, notes: told });
  }

  /** Closes everything; a run that did not begin leaves nothing behind. */
  #close(): void {
    const isEmpty = this.#keeper.journal.head() === 0;
    this.#keeper.close();
    if (this.#isNewJournal && isEmpty) rmSync(this.#request.journal, { force: true });
  }
}
