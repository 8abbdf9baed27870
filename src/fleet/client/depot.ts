import type { TapeSpan } from "../../../journal/index.ts";
import {
  type FoundRuns,
  type HeadAnswer,
  type ListedJournals,
  type PackEntry,
  type RedactedAnswer,
  type RangesRequest,
  type RunSearch,
  mostPackBytes,
} from "../protocol/protocol.ts";
import {
  type RemoteView,
  headIn,
  journalsIn,
  packsIn,
  redactedIn,
  runsIn,
  viewIn,
} from "./answers.ts";
import { type CallOptions, Calls, type Init, mostRefusal } from "./calling.ts";
import { DepotError } from "./error.ts";
import { type OnNewKey, Trust, type TrustChoice } from "./trust.ts";

export interface DepotOptions extends CallOptions {
  /** Longest time in milliseconds to try again while the depot is away or busy. Default: 60,000. */
  readonly patience?: number;
  /** Longest time in milliseconds to try until anything answers at all. Default: `patience`. */
  readonly reach?: number;
  /** Keys that are trusted. Default: the first one that the depot answers with, as long as this client is. */
  readonly trust?: TrustChoice;
  readonly onNewKey?: OnNewKey;
}

/** Most bytes of an answer that is no pack. */
const mostAnswer = 64 * 1024 * 1024;
const mostOpened = 2_000_000;
const longestPatience = 60_000;

/**
 * A depot, by its address. Each call is tried again while the depot is away or busy. The token is told to nobody who
 * does not have the depot's key, and no answer is believed that it did not sign.
 * Each method throws DepotError for a depot that is away, refuses or answers otherwise than one does.
 */
export class Depot {
  /** The address, without a slash at its end. */
  readonly url: string;
  readonly token: string;
  readonly #options: DepotOptions;
  readonly #calls: Calls;
  #met: Promise<Buffer> | undefined;

  /**
   * Throws DepotError for an address that is none, or that would send the token in clear, and for keys of known depots
   * that cannot be read.
   */
  constructor(url: string, options: DepotOptions) {
    this.url = addressOf(url);
    this.token = options.token;
    this.#options = options;
    const trust = new Trust(this.url, options.trust ?? {}, options.onNewKey);
    this.#calls = new Calls(this.url, trust, options);
  }

  /** Has the depot prove that it has the key that is trusted. Every other call does so first. */
  async meet(): Promise<void> {
    const { patience = longestPatience, reach = patience } = this.#options;
    this.#met ??= this.#calls.call("/v1/key", { greets: true }, mostRefusal, reach);
    try {
      await this.#met;
    } catch (error) {
      this.#met = undefined;
      throw error;
    }
  }

  /** Returns the last event that the depot has of a journal; 0 if it has none. */
  head(journal: string): Promise<HeadAnswer> {
    return this.#json(`/v1/journals/${journal}`, (value) => this.#calls.owned(headIn(value)));
  }

  /**
   * Sends a pack, and returns the depot's head with it. `name` is what the journal is called where it is. Throws
   * AstrayError if the pack does not follow on what the depot has.
   */
  send(journal: string, pack: Buffer, name: string): Promise<HeadAnswer> {
    const query = new URLSearchParams({ name });
    const path = `/v1/journals/${journal}/packs?${query.toString()}`;
    return this.#json(path, (value) => this.#calls.owned(headIn(value)), {
      method: "POST",
      body: pack,
    });
  }

  /** Lists packs of a journal with events after `after`, in order, as many as an answer has. */
  packs(journal: string, after: number): Promise<readonly PackEntry[]> {
    return this.#json(`/v1/journals/${journal}/packs?after=${after}`, packsIn);
  }

  /** Returns the pack that begins with an event. */
  async pack(journal: string, first: number): Promise<Buffer> {
    return await this.#ask(`/v1/journals/${journal}/packs/${first}`, {}, mostPackBytes);
  }

  /** Returns a view of a journal, which the depot signed, with what the depot says of it. */
  async view(journal: string): Promise<RemoteView> {
    const bytes = await this.#ask(`/v1/journals/${journal}/view`, {}, mostPackBytes);
    const view = this.#understood(() => viewIn(journal, bytes));
    this.#calls.owned(view.head);
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

  /** Lists journals, from a place on that an answer named: one page, which says where the next one begins. */
  journalsFrom(after?: string): Promise<ListedJournals> {
    const query = after === undefined ? "" : `?${new URLSearchParams({ after }).toString()}`;
    return this.#json(`/v1/journals${query}`, journalsIn);
  }

  /** Finds runs, and says where to search on if there may be more. */
  runsFrom({ labels = {}, ...rest }: RunSearch): Promise<FoundRuns> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(rest)) query.set(name, String(value));
    for (const [name, text] of Object.entries(labels)) query.append("label", `${name}=${text}`);
    return this.#json(`/v1/runs?${query.toString()}`, runsIn);
  }

  /** Removes the bytes of whole writes from a journal there. Returns how many spans and bytes had been there. */
  redact(journal: string, spans: readonly TapeSpan[]): Promise<RedactedAnswer> {
    const asked = spans.map(({ start, length }) => ({ start, length }));
    return this.#json(`/v1/journals/${journal}/redactions`, redactedIn, {
      method: "POST",
      body: Buffer.from(JSON.stringify({ spans: asked })),
    });
  }

  /** Removes a journal there, and takes nothing of it any more. */
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

  async #ask(path: string, init: Init, most: number): Promise<Buffer> {
    await this.meet();
    return await this.#calls.call(path, init, most, this.#options.patience ?? longestPatience);
  }
}

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
