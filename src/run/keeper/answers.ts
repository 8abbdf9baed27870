import { JournalError, type Keeper } from "../../../journal/index.ts";
import { describeRefusal } from "../ending/failure.ts";
import type { GuestProcess } from "../process/guest-process.ts";
import { asked, mostTapeBytes, told } from "../protocol/frames.ts";
import type { InputFeed } from "./streams/input-feed.ts";
import type { OutputState } from "./streams/output-pump.ts";
import type { Outputs } from "./streams/outputs.ts";
import type { PromisedFiles } from "./tape/promised-files.ts";
import type { TapeSpool } from "./tape/spool.ts";
import { type ReadableTape, fillFor } from "./tape/tape-ranges.ts";

/** Limits the bytes of answers that the guest's process has not taken yet: more than any one answer has. */
const mostUntakenBytes = 2 * mostTapeBytes;

/** Everything but the journal that answers are made of. */
export interface AnswerSources {
  readonly tape: ReadableTape;
  readonly outputs: Outputs;
  readonly promised: PromisedFiles;
  readonly spool: TapeSpool;
  readonly input: InputFeed;
  /** Lets a person change what they want, and returns the state then; undefined where nobody can. */
  readonly news: (question: Buffer) => Buffer | undefined;
}

/**
 * Answers a question of the guest's process to it; input may come later. Throws BreachError, and RangeError for bytes that
 * are no question.
 */
export function answerThrough(
  process: GuestProcess,
  body: Buffer,
  keeper: Keeper,
  sources: AnswerSources,
): void {
  // An honest process waits for each answer before it asks again.
  if (process.untaken > mostUntakenBytes)
    throw new RangeError("questions whose answers it does not take");
  if (body[0] === asked.input) {
    return sources.input.take(numberAt(body, 0), (arrived) =>
      process.tell(told.answer, inputAnswer(arrived)),
    );
  }
  try {
    process.tell(told.answer, answerTo(body, keeper, sources));
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    process.tell(told.refused, describeRefusal(error));
  }
}

/**
 * Returns the keeper's answer to a question of the guest's process, but for input, which may come later. Throws
 * JournalError to refuse, BreachError, and RangeError for bytes that are no question.
 */
function answerTo(
  body: Buffer,
  keeper: Keeper,
  { tape, outputs, promised, spool, news }: AnswerSources,
): Uint8Array {
  switch (body[0] ?? 0) {
    case asked.commit:
      return numberAnswer(keeper.commit());
    case asked.sync:
      return numberAnswer(keeper.sync());
    case asked.renew: {
      const { tag, tapeLength } = keeper.renew();
      return Buffer.concat([numberAnswer(tapeLength), tag]);
    }
    case asked.tape:
      return tapeBetween(keeper, tape, numberAt(body, 0), numberAt(body, 1));
    case asked.spool:
      return spool.answer(keeper, tape, numberAt(body, 0), numberAt(body, 1));
    case asked.promised:
      return promised.answer(numberAt(body, 0), tape);
    case asked.news: {
      const answer = news(body);
      if (answer === undefined) throw new RangeError("a question for news that there are none of");
      // It may see more of the tape now.
      spool.forget();
      return answer;
    }
    case asked.outputs:
      return Buffer.from(outputs.states.map((state) => outputCodes[state]));
    default:
      throw new RangeError("a question that nobody asks");
  }
}

function tapeBetween(keeper: Keeper, tape: ReadableTape, start: number, end: number): Buffer {
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0;
  if (!isRange || end < start || end - start > mostTapeBytes)
    throw new RangeError("a question for more tape than there may be");
  return fillFor(keeper, tape, start, end, Buffer.alloc(end - start));
}

/** Encodes the answer to a question for input: bytes, null at the end, undefined if nothing came in time. */
function inputAnswer(arrived: Uint8Array | null | undefined): Uint8Array {
  if (arrived === undefined) return Uint8Array.of(0);
  return arrived === null ? Uint8Array.of(1) : Buffer.concat([Uint8Array.of(2), arrived]);
}

/** Reads a number of a question. Throws RangeError if it is missing. */
function numberAt(body: Buffer, index: number): number {
  return body.readDoubleLE(1 + 8 * index);
}

function numberAnswer(value: number): Buffer {
  const answer = Buffer.alloc(8);
  answer.writeDoubleLE(value);
  return answer;
}

const outputCodes: Readonly<Record<OutputState, number>> = { open: 0, closed: 1, failed: 2 };
