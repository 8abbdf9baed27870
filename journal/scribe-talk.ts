import { type Durability, type JournalCode, JournalError } from "./journal.ts";
import type { RunNumber, Seq } from "./event.ts";
import type { Situation } from "./stamp.ts";

/** What the front asks the scribe to open, as JSON carries it. */
export interface OpenRequest {
  readonly file: string;
  readonly durability: Durability;
  /** Nanoseconds since the epoch, decimal. */
  readonly created: string;
  readonly batchEvents: number;
  readonly batchBytes: number;
  readonly logBytes: number;
  readonly batchMilliseconds: number;
}

/** How a journal is that the scribe opened. */
export interface Opened {
  readonly id: string;
  readonly tailPath: string;
  readonly recovered: number;
  readonly tapeLength: number;
  readonly situation: Situation;
}

/** An answer of the scribe, as JSON carries it. */
export type Answer =
  | { readonly kind: "done" }
  | ({ readonly kind: "opened" } & Omit<Opened, "situation"> & {
        readonly situation: Omit<Situation, "time"> & { readonly time: string };
      })
  | RefusedAnswer;

export interface RefusedAnswer {
  readonly kind: "refused";
  readonly code: JournalCode;
  readonly message: string;
  readonly hint: string | undefined;
}

export function refusal({ code, message, hint }: JournalError): RefusedAnswer {
  return { kind: "refused", code, message, hint };
}

export function errorOf({ code, message, hint }: RefusedAnswer): JournalError {
  return new JournalError(code, message, hint === undefined ? {} : { hint });
}

export function openedAnswer(opened: Opened): Answer {
  const { situation } = opened;
  return {
    kind: "opened",
    ...opened,
    situation: { ...situation, time: situation.time.toString() },
  };
}

export function openedOf(answer: Extract<Answer, { kind: "opened" }>): Opened {
  const { seq, time, lastRun, leftOpen } = answer.situation;
  const situation = {
    seq: seq as Seq,
    time: BigInt(time),
    lastRun: lastRun as RunNumber,
    leftOpen: leftOpen as RunNumber,
  };
  return { ...answer, situation };
}
