import { rmSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Cut, PackState } from "../../../journal/index.ts";
import type { ContentsAfter } from "./searches/contents.ts";
import type { Indexed } from "./searches/indexing.ts";
import { makeScratch } from "./scratch.ts";

/** A question to a thread that looks into packs. */
export type PackQuestion =
  /** Returns the state after a pack. */
  | { readonly of: "check"; readonly bytes: Uint8Array; readonly before: PackState }
  /** Returns how far the thread has the journal with that name. */
  | { readonly of: "reached"; readonly name: string }
  /**
   * Adds the next pack to the journal of that name; the first one begins it anew. Returns false if it must be begun anew:
   * the pack redacts what came before, of which `late` has to tell then.
   */
  | {
      readonly of: "add";
      readonly name: string;
      readonly bytes: Uint8Array;
      readonly late: readonly { readonly start: number; readonly length: number }[];
    }
  /** Cuts the journal of that name. */
  | { readonly of: "cut"; readonly name: string }
  /** Digests the files of runs of the journal of that name that ended after an event. */
  | { readonly of: "digest"; readonly name: string; readonly after: number }
  /** Looks through packs for the runs in them: see `indexPacks`. */
  | {
      readonly of: "index";
      readonly tenant: number;
      readonly open: Uint8Array | null;
      readonly packs: readonly Uint8Array[];
    }
  /** Returns the names of the journals that the thread has. */
  | { readonly of: "made" }
  /** Forgets the journal of that name. */
  | { readonly of: "forget"; readonly name: string };

interface Answers {
  readonly check: PackState;
  readonly reached: Reached;
  readonly add: boolean;
  readonly cut: CutUpTo;
  readonly digest: ContentsAfter & { readonly head: number };
  readonly index: Indexed;
  readonly made: readonly string[];
  readonly forget: void;
}

/** The last event of a journal that a thread has, or 0, and a name for what it made of it, which it begins anew with. */
export interface Reached {
  readonly head: number;
  readonly maker: string | undefined;
}

/** A cut, with the last event that it has, and the chain's digest there in hex. */
export interface CutUpTo extends Cut {
  readonly seq: number;
  readonly digest: string;
  readonly maker: string;
}

/** The thread's answer to a question. */
export type PackAnswer =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly reason: string; readonly isMalformed: boolean };

/** A pack that is not what it must be, or a journal that is not. */
export class MalformedInThread extends Error {
  override readonly name = "MalformedInThread";
}

/** A question to a thread that was stopped. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
}

/** A thread that looks into packs, so that others need not wait. Questions are answered one after another. */
export class PackThread {
  /** Journals that the thread makes are here. */
  #folder: string | undefined;
  #worker: Worker | undefined;
  #asked = 0;
  #isStopped = false;
  readonly #waiting = new Map<number, Waiting>();

  /** Throws MalformedInThread, and StoppedError. */
  async ask<Q extends PackQuestion>(question: Q): Promise<Answers[Q["of"]]> {
    if (this.#isStopped) throw new StoppedError("the depot stops");
    const worker = (this.#worker ??= this.#start());
    const number = ++this.#asked;
    const answer = await new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      worker.postMessage({ number, question });
    });
    return answer as Answers[Q["of"]];
  }

  /** Ends the thread, and what it does. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#isStopped = true;
    this.#worker = undefined;
    await worker?.terminate();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
    this.#fail(new StoppedError("the depot stops"));
  }

  #start(): Worker {
    this.#folder ??= makeScratch();
    // The thread's file is TypeScript if this one is.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const worker = new Worker(new URL(`./pack-thread.${extension}`, import.meta.url), {
      workerData: this.#folder,
    });
    worker.on("message", (answer: PackAnswer) => {
      const waiting = this.#waiting.get(answer.number);
      this.#waiting.delete(answer.number);
      if ("answer" in answer) waiting?.resolve(answer.answer);
      else
        waiting?.reject(
          answer.isMalformed ? new MalformedInThread(answer.reason) : new Error(answer.reason),
        );
    });
    // The next question starts another one.
    const gone = (error: Error) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#fail(error);
    };
    worker.on("error", gone);
    worker.on("exit", () => gone(new Error("the thread that looks into packs ended")));
    worker.unref();
    return worker;
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}
