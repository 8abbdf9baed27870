import { Request } from "./protocol/request.ts";

/** Thrown by a call that cannot go on before somebody has answered. */
export class Postponed extends Error {
  override readonly name = "Postponed";
  /** A key that is the same whenever the same call comes to the same question. */
  readonly key: string;
  /** Asks; returns the number of the question. */
  readonly ask: () => number;

  constructor(key: string, ask: () => number) {
    // Nobody reads this stack, and making it is most of the cost.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super("it waits for an answer");
    Error.stackTraceLimit = stackTraceLimit;
    this.key = key;
    this.ask = ask;
  }
}

interface Parked<Given> {
  readonly bytes: Buffer;
  readonly given: Map<string, Given>;
  /** The question that it waits for. */
  key: string;
  id: number;
}

/** The most bytes of requests that wait: a program has many threads. */
const mostBytes = 64 * 1024 * 1024;

/**
 * Requests that wait for answers while others are served. Each is served again from its beginning when its question has
 * been answered: nothing has come of it before.
 */
export class ParkedRequests<Given> {
  /** By the number that the kernel gave each. */
  readonly #parked = new Map<bigint, Parked<Given>>();
  readonly #withdraw: (id: number) => void;
  readonly #ready = new Set<bigint>();
  /** The request that is served at present, if it waited before. */
  #current: Parked<Given> | undefined;
  #bytes = 0;

  /** `withdraw` is called with a question when no request waits for its answer any more. */
  constructor(withdraw: (id: number) => void) {
    this.#withdraw = withdraw;
  }

  get isEmpty(): boolean {
    return this.#parked.size === 0;
  }

  /** Returns the answer that the request which is served has been given. */
  given(key: string): Given | undefined {
    return this.#current?.given.get(key);
  }

  /** Keeps a request until its question is answered; returns false if there are too many. */
  park(request: Request, { key, ask }: Postponed): boolean {
    const unique = request.unique;
    const known = this.#current;
    if (known !== undefined) {
      this.#parked.set(unique, known);
      // It was served again as a rule was added, and comes to the same question, which is asked already.
      if (known.key === key) return true;
      [known.key, known.id] = [key, ask()];
      return true;
    }
    const bytes = request.copy();
    if (this.#bytes + bytes.length > mostBytes) return false;
    this.#bytes += bytes.length;
    this.#parked.set(unique, { bytes, given: new Map(), key, id: ask() });
    return true;
  }

  /** Takes an answer, and drops one that comes too late. */
  answered(id: number, given: Given): void {
    for (const [unique, parked] of this.#parked) {
      if (parked.id !== id) continue;
      parked.given.set(parked.key, given);
      this.#ready.add(unique);
    }
  }

  /** Has all waiting requests served again, after rules have changed. */
  reconsider(): void {
    for (const unique of this.#parked.keys()) this.#ready.add(unique);
  }

  /** Has all waiting requests served again, and asks anew what is unanswered, after the state has changed. */
  askAnew(): void {
    for (const parked of this.#parked.values()) {
      if (parked.given.has(parked.key)) continue;
      this.#withdraw(parked.id);
      parked.key = "";
    }
    this.reconsider();
  }

  /** Removes a request that the kernel interrupts; returns false if it was not waiting. */
  interrupt(unique: bigint): boolean {
    const parked = this.#parked.get(unique);
    if (parked === undefined) return false;
    this.#remove(unique, parked);
    this.#withdraw(parked.id);
    return true;
  }

  /** Calls `serve` with each request that can be served again; those that it does not park are done. */
  serveReady(serve: (request: Request) => void): void {
    // More may become ready meanwhile.
    for (const unique of this.#ready) {
      this.#ready.delete(unique);
      const parked = this.#parked.get(unique);
      if (parked === undefined) continue;
      const { id } = parked;
      const wasAnswered = parked.given.has(parked.key);
      this.#parked.delete(unique);
      const request = new Request(parked.bytes);
      request.take(parked.bytes.length);
      request.hasWaited = true;
      this.#current = parked;
      try {
        serve(request);
      } finally {
        this.#current = undefined;
      }
      const isDone = !this.#parked.has(unique);
      if (isDone) this.#bytes -= parked.bytes.length;
      if (isDone && !wasAnswered) this.#withdraw(id);
    }
  }

  #remove(unique: bigint, { bytes }: Parked<Given>): void {
    this.#parked.delete(unique);
    this.#ready.delete(unique);
    this.#bytes -= bytes.length;
  }
}
