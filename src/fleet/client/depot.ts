import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { TapeSpan } from "../../../journal/index.ts";
import {
  type FoundRun,
  type FoundRuns,
  type HeadAnswer,
  type JournalEntry,
  type ListedJournals,
  type PackEntry,
  type RedactedAnswer,
  type RangesRequest,
  type Refusal,
  type RunSearch,
  mostPackBytes,
} from "../protocol/protocol.ts";
import {
  type RemoteView,
  headIn,
  journalsIn,
  packsIn,
  redactedIn,
  refusalIn,
  runsIn,
  viewIn,
} from "./answers.ts";
import { bodyOf } from "./body.ts";
import { DepotError } from "./error.ts";
import { challengeHeader, keyHeader, signatureHeader } from "../protocol/signed-answer.ts";
import { type OnNewKey, Trust, type TrustChoice } from "./trust.ts";

export interface DepotOptions {
  readonly token: string;
  /** Ends calls, and waiting for a depot that is away. */
  readonly signal?: AbortSignal;
  /** Longest time in milliseconds to try again while the depot is away or busy. Default: 60,000. */
  readonly patience?: number;
  /** Longest time in milliseconds to try until anything answers at all. Default: `patience`. */
  readonly reach?: number;
  /** Keys that are trusted. Default: the first one that the depot answers with, as long as this client is. */
  readonly trust?: TrustChoice;
  readonly onNewKey?: OnNewKey;
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

/** Most bytes of an answer that is no pack, and of one that says no. */
const mostAnswer = 64 * 1024 * 1024;
const mostRefusal = 64 * 1024;
const mostOpened = 2_000_000;
const longestPatience = 60_000;
const longestWait = 30_000;
/** Time in milliseconds after which a call without an answer is given up, and the first one of all. */
const callTime = 120_000;
const greetingTime = 5_000;

/**
 * A depot, by its address. Each call is tried again while the depot is away or busy. The token is told to nobody who
 * does not have the depot's key, and no answer is believed that it did not sign.
 */
export class Depot {
  readonly url: string;
  readonly token: string;
  readonly #options: DepotOptions;
  readonly #times: Times;
  readonly #trust: Trust;
  #met: Promise<Buffer> | undefined;

  /**
   * Throws DepotError for an address that is none, or that would send the token in clear, and for keys of known depots
   * that cannot be read.
   */
  constructor(url: string, options: DepotOptions) {
    this.url = addressOf(url);
    this.token = options.token;
    this.#options = options;
    this.#times = { ...usualTimes, ...options.times };
    this.#trust = new Trust(this.url, options.trust ?? {}, options.onNewKey);
  }

  /** Has the depot prove that it has the key that is trusted. Every other call does so first. Throws DepotError. */
  async meet(): Promise<void> {
    const { patience = longestPatience, reach = patience } = this.#options;
    this.#met ??= this.#call("/v1/key", { greets: true }, mostRefusal, reach);
    try {
      await this.#met;
    } catch (error) {
      this.#met = undefined;
      throw error;
    }
  }

  head(journal: string): Promise<HeadAnswer> {
    return this.#json(`/v1/journals/${journal}`, (value) => this.#owned(headIn(value)));
  }

  /** Sends a pack. `name` is what the journal is called where it is. */
  send(journal: string, pack: Buffer, name: string): Promise<HeadAnswer> {
    const query = new URLSearchParams({ name });
    const path = `/v1/journals/${journal}/packs?${query.toString()}`;
    return this.#json(path, (value) => this.#owned(headIn(value)), { method: "POST", body: pack });
  }

  packs(journal: string, after: number): Promise<readonly PackEntry[]> {
    return this.#json(`/v1/journals/${journal}/packs?after=${after}`, packsIn);
  }

  async pack(journal: string, first: number): Promise<Buffer> {
    return await this.#ask(`/v1/journals/${journal}/packs/${first}`, {}, mostPackBytes);
  }

  /** Returns a view of a journal, which the depot signed, with what the depot says of it. Throws DepotError. */
  async view(journal: string): Promise<RemoteView> {
    const bytes = await this.#ask(`/v1/journals/${journal}/view`, {}, mostPackBytes);
    const view = this.#understood(() => viewIn(journal, bytes));
    this.#owned(view.head);
    return view;
  }

  /** Returns ranges of a journal's objects, in order. */
  async ranges(journal: string, request: RangesRequest): Promise<Buffer[]> {
    const lengths = request.ranges.map((range) => Number(range.at(-1)));
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const init = { method: "POST", body: Buffer.from(JSON.stringify(request)) };
    const bytes = await this.#ask(`/v1/journals/${journal}/ranges`, init, total);
    if (bytes.length !== total)
      throw new DepotError("damaged", `${this.url} does not give the bytes that it was asked for`);
    let at = 0;
    return lengths.map((length) => bytes.subarray(at, (at += length)));
  }

  /** Lists journals, from a place on that an answer named. */
  journalsFrom(after?: string): Promise<ListedJournals> {
    const query = after === undefined ? "" : `?${new URLSearchParams({ after }).toString()}`;
    return this.#json(`/v1/journals${query}`, journalsIn);
  }

  async journals(): Promise<readonly JournalEntry[]> {
    return (await this.journalsFrom()).journals;
  }

  /** Finds runs, and says where to search on if there may be more. */
  runsFrom({ labels = {}, ...rest }: RunSearch): Promise<FoundRuns> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(rest)) query.set(name, String(value));
    for (const [name, text] of Object.entries(labels)) query.append("label", `${name}=${text}`);
    return this.#json(`/v1/runs?${query.toString()}`, runsIn);
  }

  async runs(search: RunSearch): Promise<readonly FoundRun[]> {
    return (await this.runsFrom(search)).runs;
  }

  /** Removes the bytes of whole writes from a journal there. Returns how many spans and bytes had been there. */
  redact(journal: string, spans: readonly TapeSpan[]): Promise<RedactedAnswer> {
    const asked = spans.map(({ start, length }) => ({ start, length }));
    return this.#json(`/v1/journals/${journal}/redactions`, redactedIn, {
      method: "POST",
      body: Buffer.from(JSON.stringify({ spans: asked })),
    });
  }

  async erase(journal: string): Promise<void> {
    await this.#ask(`/v1/journals/${journal}`, { method: "DELETE" }, mostAnswer);
  }

  async #json<T>(path: string, read: (value: unknown) => T, init: Init = {}): Promise<T> {
    const bytes = await this.#ask(path, init, mostAnswer);
    return this.#understood(() => read(parsed(bytes)));
  }

  #understood<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof DepotError) throw error;
      throw new DepotError(
        "damaged",
        `${this.url} does not answer as a depot does`,
        undefined,
        error,
      );
    }
  }

  /** Returns a head, whose receipt must be by the depot's key. */
  #owned(head: HeadAnswer): HeadAnswer {
    if (head.receipt !== undefined) this.#trust.requireKey(Buffer.from(head.receipt.key, "base64"));
    return head;
  }

  async #ask(path: string, init: Init, most: number): Promise<Buffer> {
    await this.meet();
    return await this.#call(path, init, most, this.#options.patience ?? longestPatience);
  }

  async #call(path: string, init: Init, most: number, patience: number): Promise<Buffer> {
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
          `${this.url} does not answer: ${reason}`,
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
      response = await fetch(this.url + path, {
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
        url: this.url,
        stall: this.#times.stall,
      });
      body = await (response.ok ? reading : reading.catch(() => Buffer.alloc(0)));
    } catch (error) {
      if (signal?.aborted === true || error instanceof DepotError) throw error;
      const reason = reasonOf(error);
      if (/wrong version number|packet length too long/.test(reason))
        throw new DepotError(
          "usage",
          `what answers at ${this.url} speaks no TLS`,
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
      throw new AstrayError(this.#owned(refusal.known));
    throw new DepotError(codes[status] ?? "usage", `${this.url}: ${reason}`, refusal?.hint);
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

interface Init {
  readonly method?: string;
  readonly body?: Buffer;
  /** Asks for the proof of the depot's key, and tells no token. */
  readonly greets?: boolean;
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

function addressOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (error) {
    throw new DepotError(
      "usage",
      `${url} is no address`,
      "for example https://depot.example",
      error,
    );
  }
  const isHere = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(parsed.hostname);
  if (parsed.protocol === "http:" && !isHere)
    throw new DepotError(
      "usage",
      `${url} would send the token in clear`,
      "use https; a depot of this machine is reached by http://127.0.0.1",
    );
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:")
    throw new DepotError("usage", `${url} is no address`, "for example https://depot.example");
  return `${parsed.protocol}//${parsed.host}${parsed.pathname.replace(/\/+$/, "")}`;
}

/** Parses JSON that does not say more than `mostOpened` lists and objects: each takes far more memory than its bytes. */
function parsed(bytes: Buffer): unknown {
  let opened = 0;
  for (const byte of bytes) if (byte === 0x5b || byte === 0x7b) opened += 1;
  if (opened > mostOpened) throw new TypeError("an answer of too many lists");
  return JSON.parse(bytes.toString());
}

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
