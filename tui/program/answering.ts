import type { Seq } from "../../journal/index.ts";
import { type Asking, askIn } from "../recording/asking.ts";
import type { Recording } from "../recording/recording.ts";
import type { Message } from "../state/effect.ts";
import { fileSearch } from "../state/file-search.ts";
import type { Answer, Question } from "../recording/question.ts";

/** Answers the questions of lists, one at a time. */
export interface Answering {
  ask(question: Question, head: Seq): void;
  stop(): void;
  isBusy(): boolean;
}

const sliceMilliseconds = 8;
/** Milliseconds between two parts of an answer: drawing takes time from the search. */
const partMilliseconds = 60;

export function answeringOn(
  recording: Recording,
  {
    now,
    dispatch,
    fail,
  }: {
    readonly now: () => number;
    readonly dispatch: (message: Message) => void;
    readonly fail: (error: unknown) => void;
  },
): Answering {
  const { file, elsewhere } = recording;
  let busy: Asking | undefined;

  const take = (answer: Answer): void => {
    if (answer.searched === "all") busy = undefined;
    dispatch({ kind: "answered", answer });
  };
  const failed = (error: unknown): void => {
    busy = undefined;
    fail(error);
  };

  /** Looks through the paths between keys. */
  const findFiles = (question: Extract<Question, { of: "files" }>): void => {
    const work = fileSearch(recording, question);
    let isOff = false;
    let told = now();
    busy = { stop: () => void (isOff = true) };
    const go = (): void => {
      if (isOff) return;
      try {
        const end = now() + sliceMilliseconds;
        for (;;) {
          const { done, value } = work.next();
          if (done === true) return take(value);
          if (now() < end) continue;
          if (now() - told > partMilliseconds) take(value);
          told = now();
          break;
        }
      } catch (error) {
        return failed(error);
      }
      setImmediate(go);
    };
    go();
  };

  return {
    ask(question, head) {
      busy?.stop();
      if (question.of === "files") findFiles(question);
      else busy = askIn({ file, elsewhere, question, head }, take, failed);
    },
    stop() {
      busy?.stop();
      busy = undefined;
    },
    isBusy: () => busy !== undefined,
  };
}
