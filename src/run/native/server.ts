import { Worker } from "node:worker_threads";

import type { RunNumber } from "../../../journal/index.ts";
import type { PutBack, PutBackResult } from "../../attach/index.ts";
import type { Question, Rule } from "../../rules/index.ts";
import type { Asking, Given } from "../asking/asking.ts";
import { RunError } from "../ending/error.ts";
import { Heard } from "../person/heard.ts";
import { type Failure, errorOf } from "../ending/failure.ts";
import type { Refresh } from "./refresh.ts";
import type { Telling } from "./telling.ts";
import type { FromServer, ServeRequest, ShowRequest, ToServer } from "./server-protocol.ts";

/** The thread that serves a journal's filesystem to the kernel, from outside. */
export class Server {
  readonly #worker: Worker;
  readonly #asking: Asking | undefined;
  readonly #telling: Pick<Telling, "tell"> | undefined;
  readonly #wake: (given: Given) => void;
  readonly #exited: Promise<void>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #unmounted = Promise.withResolvers<void>();
  readonly #broken = Promise.withResolvers<Failure>();
  readonly #ended = Promise.withResolvers<RunNumber | undefined>();
  /** Orders of a person, each until it is answered. */
  readonly #orders = new Map<number, (done: Done) => void>();
  readonly #holding = new Heard();
  #lastOrder = 0;
  #lost: Error | undefined;

  /**
   * `asking` answers what rules ask; `wake` makes the thread hear of an answer, as it waits for the kernel; `telling` is told
   * of events, if they are asked for.
   */
  constructor(
    asking?: Asking,
    wake: (given: Given) => void = () => {},
    telling?: Pick<Telling, "tell">,
  ) {
    this.#telling = telling;
    this.#asking = asking;
    this.#wake = wake;
    // Compiled, the thread's file is a script; from source, it is a module like this one.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "cjs";
    this.#worker = new Worker(new URL(`./server-thread.${extension}`, import.meta.url), {
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    // Each promise is waited for in its turn; until then a failure of it is nobody's.
    for (const { promise } of [this.#ready, this.#ended, this.#unmounted]) promise.catch(() => {});
    this.#exited = new Promise((resolve) => this.#worker.on("exit", () => resolve()));
    this.#worker.on("message", (message: FromServer) => this.#hear(message));
    this.#worker.on("error", (error) => this.#fail(lost(error)));
    this.#worker.on("exit", () => this.#fail(lost(undefined)));
  }

  /** Opens the journal; resolves once a mount would be served. Throws JournalError, RunError. */
  async serve(request: ServeRequest | ShowRequest): Promise<void> {
    this.#say(request);
    return this.#ready.promise;
  }

  /** Holds the calls that a debugger wants held; resolves once the thread has heard of it. */
  async hold(rules: readonly Rule[]): Promise<void> {
    this.#say({ kind: "hold", rules });
    return this.#holding.next();
  }

  /**
   * Puts something back for a person, once the thread hears of it, and returns where the kernel must be made to look
   * again. Undefined if the program ends before that.
   */
  async putBack(order: PutBack): Promise<Done | undefined> {
    this.#lastOrder += 1;
    const id = this.#lastOrder;
    const answer = new Promise<Done>((resolve) => this.#orders.set(id, resolve));
    this.#say({ kind: "put-back", id, order });
    const gone = this.#unmounted.promise.then(
      () => undefined,
      () => undefined,
    );
    return Promise.race([answer, gone]);
  }

  /** Tells the thread, when it hears of it, that the kernel has looked at all that this one changed. */
  refreshed({ id }: Done): void {
    this.#say({ kind: "refreshed", id });
  }

  /** Resolves once nothing is mounted any more. Throws JournalError, RunError. */
  async unmounted(): Promise<void> {
    return this.#unmounted.promise;
  }

  /** The error by which the thread stopped to serve, if it did. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  /** Resolves when the journal can take nothing more, or the thread is gone. */
  async broken(): Promise<Failure> {
    return this.#broken.promise;
  }

  /**
   * Records the end of the program, once nothing is mounted any more, and closes the journal. Returns the run; undefined
   * if it did not begin. Throws JournalError, RunError.
   */
  async end(exit: number, reason: string | undefined): Promise<RunNumber | undefined> {
    this.#say({ kind: "end", exit, reason });
    return this.#ended.promise;
  }

  /** Resolves once the thread has ended. It must not wait for the kernel any more. */
  async close(): Promise<void> {
    await this.#worker.terminate();
    await this.#exited;
  }

  #say(message: ToServer): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromServer): void {
    switch (message.kind) {
      case "ready":
        return this.#ready.resolve();
      case "question":
        return void this.#ask(message.id, message.question);
      case "events":
        return this.#telling?.tell(message.events);
      case "holding":
        return this.#holding.heard();
      case "withdrawn":
        return this.#asking?.withdraw(message.id);
      case "put-back":
        this.#orders.get(message.id)?.(message);
        return void this.#orders.delete(message.id);
      case "unmounted":
        return this.#unmounted.resolve();
      case "broken":
        return this.#broken.resolve(message.failure);
      case "ended":
        return this.#ended.resolve(message.run);
      case "failed": {
        const { failure } = message;
        void errorOf(failure).then((error) => this.#fail({ failure, error }));
      }
    }
  }

  async #ask(id: number, question: Question): Promise<void> {
    const given = (await this.#asking?.answer(id, question)) ?? { answer: "deny", by: "nobody" };
    this.#say({ kind: "answer", id, given });
    this.#wake(given);
  }

  #fail({ failure, error }: Lost): void {
    this.#lost ??= error;
    this.#ready.reject(error);
    this.#ended.reject(error);
    this.#unmounted.reject(error);
    this.#broken.resolve(failure);
  }
}

/** The result of an order, and the places where the kernel must be made to look again. */
export interface Done {
  readonly id: number;
  readonly result: PutBackResult;
  readonly refresh: Refresh;
}

interface Lost {
  readonly failure: Failure;
  readonly error: Error;
}

function lost(error: unknown): Lost {
  const text = error instanceof Error ? error.message : "it ended without a word";
  const message = `The run did not go on: the thread that serves the filesystem is gone: ${text}`;
  const hint = "the journal has everything until then";
  return {
    failure: { kind: "run", code: "failed", message, hint },
    error: new RunError("failed", message, { hint }),
  };
}
