import { MessageChannel, Worker, receiveMessageOnPort } from "node:worker_threads";
import {
  type GivenView,
  type Journal,
  JournalError,
  type ObjectRange,
  type RowSource,
  openReader,
  openRemoteRows,
} from "../../../journal/index.ts";
import type { AskedRange } from "../protocol/protocol.ts";
import { DepotError } from "./error.ts";
import type { TrustChoice } from "./trust.ts";

/** A journal of a depot, by all that a thread needs to ask for it. It can be handed to another thread. */
export interface RemoteJournal {
  readonly url: string;
  readonly token: string;
  /** The journal's id. */
  readonly journal: string;
  /** Longest time in milliseconds to try again while the depot is away or busy. */
  readonly patience: number;
  /** Longest time in milliseconds to try until anything answers at all. Default: `patience`. */
  readonly reach?: number;
  readonly trust?: TrustChoice;
}

/** Starts a thread that asks a depot. */
export interface FetchingStart extends RemoteJournal {
  readonly port: MessagePortOf;
  /** The first number grows with each answer, the second when the journal has grown. */
  readonly shared: Int32Array;
  /** Milliseconds between two looks whether the journal has grown; 0 looks never. */
  readonly every: number;
}

type MessagePortOf = MessageChannel["port1"];

/** A question to the thread. */
export type FetchQuestion =
  | { readonly of: "view" }
  | {
      readonly of: "ranges";
      readonly generation: number;
      readonly maker: string;
      readonly ranges: readonly AskedRange[];
    };

/** An answer of the thread. */
export type FetchAnswer =
  | {
      readonly view: Uint8Array;
      readonly head: number;
      /** The last event that the depot has: it may be later. */
      readonly received: number;
      readonly digest: string;
      readonly generation: number;
      readonly maker: string;
      readonly key: string;
    }
  | { readonly ranges: readonly Uint8Array[] }
  | {
      readonly code: DepotError["code"];
      readonly message: string;
      readonly hint: string | undefined;
    };

export const cells = { answered: 0, grown: 1 } as const;

/** Counts the requests for a journal, and the bytes that they brought. */
export interface Fetched {
  readonly trips: number;
  readonly bytes: number;
}

export interface FetchingOptions {
  /** Milliseconds between two looks whether the journal has grown. Default: it is not looked. */
  readonly every?: number;
  /** Called before each trip and after it, with what was fetched so far. */
  readonly onTrip?: (when: "before" | "after", fetched: Fetched) => void;
}

type KnownView = Extract<FetchAnswer, { view: unknown }>;

/**
 * Asks a depot while its caller waits: a thread does so, and the caller sleeps until it has the answer. Throws DepotError
 * if the first question, for the journal's view, is not answered.
 */
export class Fetching {
  readonly #worker: Worker;
  readonly #port: MessagePortOf;
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  readonly #onTrip: NonNullable<FetchingOptions["onTrip"]>;
  #fetched: Fetched = { trips: 0, bytes: 0 };
  #grown = 0;
  /** The view as it was first, or last. */
  view: KnownView;

  constructor(journal: RemoteJournal, { every = 0, onTrip = () => {} }: FetchingOptions = {}) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#onTrip = onTrip;
    const start: FetchingStart = { ...journal, port: port2, shared: this.#shared, every };
    // The thread's file is TypeScript if this one is.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#worker = new Worker(new URL(`./fetch-thread.${extension}`, import.meta.url), {
      workerData: start,
      transferList: [port2],
    });
    this.#worker.unref();
    try {
      this.view = this.#viewNow();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get fetched(): Fetched {
    return this.#fetched;
  }

  /** Opens the journal's rows, of which `file` has those that were fetched before. Throws JournalError. */
  rows(file: string): RowSource {
    return openRemoteRows(file, given(this.view), {
      read: (ranges) => this.#read(ranges),
      later: () => this.#later(),
    });
  }

  close(): void {
    this.#port.close();
    void this.#worker.terminate();
  }

  #read(ranges: readonly ObjectRange[]): Buffer[] {
    const { generation, maker } = this.view;
    const asked = ranges.map(({ object, start, length }): AskedRange =>
      "pack" in object
        ? ["pack", object.pack, object.last, start, length]
        : ["part", object.part, start, length],
    );
    const answer = reading(() => this.#ask({ of: "ranges", generation, maker, ranges: asked }));
    if (!("ranges" in answer)) throw new TypeError("another answer than was asked for");
    return answer.ranges.map((bytes) =>
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
  }

  #later(): GivenView | undefined {
    const grown = Atomics.load(this.#shared, cells.grown);
    if (grown === this.#grown) return undefined;
    this.#grown = grown;
    const next = reading(() => this.#viewNow());
    if (next.generation !== this.view.generation)
      throw new JournalError(
        "io",
        "Cannot read on: bytes of the journal were removed at the depot.",
        {
          hint: "ask again",
        },
      );
    this.view = next;
    return given(next);
  }

  #viewNow(): KnownView {
    const answer = this.#ask({ of: "view" });
    if (!("view" in answer)) throw new TypeError("another answer than was asked for");
    return answer;
  }

  #ask(question: FetchQuestion): FetchAnswer {
    this.#onTrip("before", this.#fetched);
    const before = Atomics.load(this.#shared, cells.answered);
    this.#port.postMessage(question);
    let answer: FetchAnswer | undefined;
    for (let waited = 0; ; waited += 1) {
      const got = receiveMessageOnPort(this.#port) as { message: FetchAnswer } | undefined;
      answer = got?.message;
      if (answer !== undefined) break;
      Atomics.wait(this.#shared, cells.answered, before, 1_000);
      if (waited > mostSeconds)
        throw new DepotError("away", "the thread that asks the depot hangs");
    }
    if ("code" in answer) throw failureOf(answer);
    const bytes =
      "view" in answer
        ? answer.view.byteLength
        : answer.ranges.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#fetched = { trips: this.#fetched.trips + 1, bytes: this.#fetched.bytes + bytes };
    this.#onTrip("after", this.#fetched);
    return answer;
  }
}

/** Opens a journal of a depot; `file` holds what was fetched of it before. Throws DepotError and JournalError. */
export function openRemoteReader(
  remote: RemoteJournal,
  file: string,
  options: FetchingOptions = {},
): Journal {
  const fetching = new Fetching(remote, options);
  try {
    const rows = fetching.rows(file);
    return openReader(file, {
      rows: {
        ...rows,
        close() {
          rows.close?.();
          fetching.close();
        },
      },
    });
  } catch (error) {
    fetching.close();
    throw error;
  }
}

function given({ view, head, digest }: KnownView): GivenView {
  return { bytes: Buffer.from(view.buffer, view.byteOffset, view.byteLength), head, digest };
}

/** Tells as a failure of reading what a depot failed with. */
function reading<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof DepotError)) throw error;
    const { code, message, hint } = error;
    throw new JournalError(code === "damaged" ? "damaged" : "io", `Cannot read on: ${message}.`, {
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    });
  }
}

/** The thread gives up before. */
const mostSeconds = 600;

function failureOf({ code, message, hint }: Extract<FetchAnswer, { code: unknown }>): Error {
  return new DepotError(code, message, hint);
}
