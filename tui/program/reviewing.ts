import type { Choice, Folder } from "../../src/host/index.ts";
import type { Seq } from "../../journal/index.ts";
import { type Printable, words } from "../../src/text/index.ts";
import { type Asking, askIn } from "../recording/asking.ts";
import type { Answer } from "../recording/question.ts";
import type { Recording } from "../recording/recording.ts";
import type { Message } from "../state/effect.ts";
import { applyChosen, reviewOf } from "../state/reviewing.ts";
import { applied } from "../update/told.ts";

/** Effects for a person who chooses changes for a folder. */
export interface Reviewing {
  begin(folder: number): void;
  apply(folder: Folder, choices: readonly Choice[]): void;
  isBusy(): boolean;
  stop(): void;
}

interface Program {
  readonly attempt: (title: Printable, body: () => void) => void;
  readonly dispatch: (message: Message) => void;
}

/** Time in which a frame is surely drawn. */
const paintMilliseconds = 40;

export function reviewingOn(recording: Recording, { attempt, dispatch }: Program): Reviewing {
  let applying: NodeJS.Timeout | undefined;
  let looking: Asking | undefined;
  const stopLooking = (): void => {
    looking?.stop();
    looking = undefined;
  };
  /** Looks in another thread for what deserves a look: the list is there at once. */
  const lookFor = (head: Seq): void => {
    stopLooking();
    const take = ({ rows, searched }: Answer): void => {
      const findings = rows.flatMap((row) => (row.kind === "finding" ? [row.finding] : []));
      if (searched === "all") looking = undefined;
      dispatch({ kind: "found", head, findings });
    };
    const failed = (): void => {
      looking = undefined;
      const text = words("The changes were not looked through for findings: i tries again.");
      dispatch({ kind: "told", toast: { kind: "warning", text } });
    };
    looking = askIn(
      { file: recording.file, elsewhere: recording.elsewhere, question: { of: "findings" }, head },
      take,
      failed,
    );
  };
  return {
    begin: (folder) =>
      attempt(words("Nothing can be applied"), () => {
        const review = reviewOf(recording, folder);
        if (review !== undefined) {
          dispatch({ kind: "reviewing", review });
          return lookFor(review.head);
        }
        const text = words("Nothing is left to apply.");
        dispatch({ kind: "told", toast: { kind: "done", text } });
      }),
    apply(folder, choices) {
      // The message about the wait is drawn first.
      applying = setTimeout(() => {
        applying = undefined;
        attempt(words("It was not applied"), () => {
          const summary = applyChosen(recording, folder, choices);
          recording.refresh();
          dispatch({ kind: "applied", head: recording.head(), toast: applied(summary) });
        });
      }, paintMilliseconds);
    },
    isBusy: () => applying !== undefined || looking !== undefined,
    stop() {
      clearTimeout(applying);
      stopLooking();
    },
  };
}
