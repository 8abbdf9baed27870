import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { HeadAnswer, Refusal } from "../protocol/protocol.ts";
import { challengeHeader, keyHeader, signatureHeader } from "../protocol/signed-answer.ts";
import { refusalIn } from "./answers.ts";
import { bodyOf } from "./body.ts";
import { DepotError } from "./error.ts";
import type { Trust } from "./trust.ts";

/** Says as whom a depot is called, and how long. */
export interface CallOptions {
  readonly token: string;
  /** Ends calls, and waiting for a depot that is away. */
  readonly signal?: AbortSignal;
  /** Times that are not as usual. */
  readonly times?: Partial<Times>;
  /** Called before a call is tried again, with the reason and the time until then in milliseconds. */
  readonly onWait?: (reason: string, milliseconds: number) => void;
}

/** Times of a client, in milliseconds. */
export interface Times {
  /** Until a call is tried again for the first time; each wait is twice as long as the one before. Usually 500. */
  readonly firstWait: number;
  /** Longest time that a depot may have a client wait before it comes again. Usually 300,000. */
  readonly longestAsked: number;
  /** From when on an answer must have come with some bytes a second. Usually 10,000. */
  readonly stall: number;
}

const usualTimes: Times = { firstWait: 500, longestAsked: 300_000, stall: 10_000 };

/** A request, beside its path. */
export interface Init {
  readonly method?: string;
  readonly body?: Buffer;
  /** Asks for the proof of the depot's key, and tells no token. */
  readonly greets?: boolean;
}

/** Most bytes of an answer that says no. */
export const mostRefusal = 64 * 1024;
const longestWait = 30_000;
/** Time in milliseconds after which a call without an answer is given up, and the first one of all. */
const callTime = 120_000;
const greetingTime = 5_000;

/** Calls a depot over HTTP: tries again while it is away or busy, and believes no answer that its key did not sign. */
export class Calls {
  readonly #url: string;
  readonly #trust: Trust;
  readonly #options: CallOptions;
  readonly #times: Times;

  constructor(url: string, trust: Trust, options: CallOptions) {
    this.#url = url;
    this.#trust = trust;
    this.#options = options;
    this.#times = { ...usualTimes, ...options.times };
  }

  /**
   * Returns an answer of `most` bytes at most. Asks again for `patience` milliseconds while the depot is away or busy.
   * Throws DepotError, and AstrayError for a pack that does not follow.
   */
  async call(path: string, init: Init, most: number, patience: number): Promise<Buffer> {
    const { onWait, signal } = this.#options;
    const { firstWait, longestAsked } = this.#times;
    const deadline = performance.now() + patience;
    for (let wait = firstWait; ; wait = Math.min(wait * 2, longestWait)) {
      const outcome = await this.#try(path, init, most);
      if (Buffer.isBuffer(outcome)) return outcome;
      const { reason, after, cause } = outcome;
      // A random part, so that clients which were refused together do not all come back at once.
      const pause = Math.max(Math.min(after ?? 0, longestAsked), wait) * (0.5 + Math.random());
      if (performance.now() + pause > deadline)
        throw new DepotError(
          "away",
          `${this.#url} does not answer: ${reason}`,
          "is the depot running, and is this its address?",
          cause,
        );
      onWait?.(reason, pause);
      await sleep(pause, undefined, signal === undefined ? {} : { signal });
    }
  }

  /** Returns the answer's bytes, or the reason to try again. Throws DepotError for an answer that says no. */
  async #try(
    path: string,
    { greets = false, ...init }: Init,
    most: number,
  ): Promise<Buffer | Away> {
    const { token, signal } = this.#options;
    const time = AbortSignal.timeout(greets ? greetingTime : callTime);
    const challenge = randomBytes(16).toString("hex");
    let response: Response;
    let body: Buffer;
    try {
      response = await fetch(this.#url + path, {
        ...init,
        headers: {
          [challengeHeader]: challenge,
          ...(greets ? {} : { authorization: `Bearer ${token}` }),
        },
        redirect: "error",
        signal: signal === undefined ? time : AbortSignal.any([time, signal]),
      } as RequestInit);
      const reading = bodyOf(response, {
        most: response.ok ? most : mostRefusal,
        url: this.#url,
        stall: this.#times.stall,
      });
      body = await (response.ok ? reading : reading.catch(() => Buffer.alloc(0)));
    } catch (error) {
      if (signal?.aborted === true || error instanceof DepotError) throw error;
      const reason = reasonOf(error);
      if (/wrong version number|packet length too long/.test(reason))
        throw new DepotError(
          "usage",
          `what answers at ${this.#url} speaks no TLS`,
          "a depot of this machine is reached by http://127.0.0.1, and one of another by the proxy that has its TLS",
          error,
        );
      return { reason, cause: error };
    }
    const { status, headers } = response;
    // A proxy may say so as well.
    if (status === 429 || status >= 500)
      return {
        reason: saidIn(body)?.error ?? `it answers with ${status}`,
        after: secondsIn(headers.get("retry-after")) * 1000,
        cause: undefined,
      };
    this.#trust.require(
      { challenge, method: init.method ?? "GET", path, status, body },
      { key: headers.get(keyHeader), signature: headers.get(signatureHeader) },
    );
    if (response.ok) return body;
    const refusal = saidIn(body);
    const reason = refusal?.error ?? `it answers with ${status}`;
    if (status === 409 && refusal?.known !== undefined)
      throw new AstrayError(this.owned(refusal.known));
    throw new DepotError(codes[status] ?? "usage", `${this.#url}: ${reason}`, refusal?.hint);
  }

  /** Returns a head, whose receipt must be by the depot's key. Throws DepotError. */
  owned(head: HeadAnswer): HeadAnswer {
    if (head.receipt !== undefined) this.#trust.requireKey(Buffer.from(head.receipt.key, "base64"));
    return head;
  }
}

/** A pack that does not follow on what the depot has. */
export class AstrayError extends Error {
  override readonly name = "AstrayError";
  readonly known: HeadAnswer;

  constructor(known: HeadAnswer) {
    super(`the depot has the events up to ${known.head}`);
    this.known = known;
  }
}

interface Away {
  readonly reason: string;
  readonly after?: number;
  readonly cause: unknown;
}

const codes: Readonly<Record<number, DepotError["code"]>> = {
  401: "forbidden",
  403: "forbidden",
  404: "missing",
  409: "diverged",
  410: "missing",
  422: "damaged",
};

/** Returns what a depot refuses with; undefined if something else answers, such as a proxy. */
function saidIn(bytes: Buffer): Refusal | undefined {
  try {
    return refusalIn(JSON.parse(bytes.toString()));
  } catch {
    return undefined;
  }
}

/** Returns the seconds of a Retry-After, which may be a date as well: then it is 0. */
function secondsIn(text: string | null): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch says "fetch failed", and the reason in the cause.
  const { cause } = error;
  if (cause instanceof AggregateError) return String((cause.errors[0] as Error).message);
  return cause instanceof Error ? cause.message : error.message;
}
