import type { Durability, Event, RunNumber, Seq } from "../../../journal/index.ts";
import type { PutBack, PutBackResult } from "../../attach/index.ts";
import type { Limits } from "../../fs/index.ts";
import type { Given } from "../asking/asking.ts";
import type { Question, Rule } from "../../rules/index.ts";
import type { Owner } from "../../fuse/index.ts";
import type { Failure } from "../ending/failure.ts";
import type { Refresh } from "./refresh.ts";

/** The order to the thread that serves the kernel. */
export interface ServeRequest {
  readonly kind: "serve";
  /** The opened /dev/fuse. */
  readonly descriptor: number;
  readonly owner: Owner;
  readonly journal: string;
  readonly durability: Durability;
  readonly limits: Limits;
  readonly accesses: "record" | "ignore";
  readonly program: string;
  readonly args: readonly string[];
  /** Names of the variables that the program gets. */
  readonly environment: readonly string[];
  /** Tells if the past is to be seen in it, below `.rewind`. */
  readonly moments: "shown" | "hidden";
  readonly labels?: ReadonlyMap<string, string>;
  /** The rules that the program's calls are held to; none if it is empty. */
  readonly rules: readonly Rule[];
  /** "told": whoever started the run is told of each event. */
  readonly events: "told" | "kept";
  /** Tells if a debugger may hold its calls. */
  readonly attachable: boolean;
  /** Memory that both threads see: see `Shared`. */
  readonly shared: SharedArrayBuffer;
}

/** The order to the same thread to show the past of a journal, which nobody can change through it. */
export interface ShowRequest {
  readonly kind: "show";
  readonly descriptor: number;
  readonly owner: Owner;
  readonly journal: string;
  readonly at: Seq | "newest";
  readonly shared: SharedArrayBuffer;
}

/** A message to the thread that serves. It hears of the end once nothing is mounted any more. */
export type ToServer =
  | ServeRequest
  | ShowRequest
  /** Somebody has answered a question; heard while requests are served, too. */
  | { readonly kind: "answer"; readonly id: number; readonly given: Given }
  /** A debugger wants the calls held that fit these rules, and no others; heard in the same way. */
  | { readonly kind: "hold"; readonly rules: readonly Rule[] }
  /** A person wants something put back; heard in the same way. */
  | { readonly kind: "put-back"; readonly id: number; readonly order: PutBack }
  /** The kernel has looked at all that changed by what was put back last. */
  | { readonly kind: "refreshed"; readonly id: number }
  | { readonly kind: "end"; readonly exit: number; readonly reason: string | undefined };

/** A message of the thread that serves. */
export type FromServer =
  /** The journal is open, and the thread waits for the mount. */
  | { readonly kind: "ready" }
  /** Events in their order, if they are to be told. */
  | { readonly kind: "events"; readonly events: readonly Event[] }
  /** Nothing is mounted any more. */
  | { readonly kind: "unmounted" }
  /** A rule asks about a call, whose process waits for the answer; or it waits no more. */
  | { readonly kind: "question"; readonly id: number; readonly question: Question }
  | { readonly kind: "withdrawn"; readonly id: number }
  /** The answer to each "hold", in their order. */
  | { readonly kind: "holding" }
  /** The result of an order, and the places where the kernel must be made to look again. */
  | {
      readonly kind: "put-back";
      readonly id: number;
      readonly result: PutBackResult;
      readonly refresh: Refresh;
    }
  /** The journal can take nothing more: the program must end. */
  | { readonly kind: "broken"; readonly failure: Failure }
  | { readonly kind: "ended"; readonly run: RunNumber | undefined }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * Shares facts between two threads without messages, as one of them waits for the kernel most of its time: whether it
 * still makes sense to wait for the mount, how many requests were served, and whether there are events that readers of
 * the journal do not see yet.
 */
export class Shared {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(buffer = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer);
  }

  /** Tells the thread that no mount will come. */
  giveUp(): void {
    Atomics.store(this.#cells, 0, 1);
    Atomics.notify(this.#cells, 0);
  }

  /** Waits some milliseconds for the mount; returns false once there is no use in it. */
  waitForMount(milliseconds: number): boolean {
    return Atomics.wait(this.#cells, 0, 0, milliseconds) === "timed-out";
  }

  countServed(): void {
    Atomics.add(this.#cells, 1, 1);
  }

  /** Number of requests so far; it begins anew after 2^32. */
  get served(): number {
    return Atomics.load(this.#cells, 1);
  }

  get hasUnseen(): boolean {
    return Atomics.load(this.#cells, 2) === 1;
  }

  set hasUnseen(value: boolean) {
    Atomics.store(this.#cells, 2, value ? 1 : 0);
  }
}
