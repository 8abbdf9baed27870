import type { Choice, Folder } from "../../src/host/index.ts";
import { type Printable, words } from "../../src/text/index.ts";
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
  return {
    begin: (folder) =>
      attempt(words("Nothing can be applied"), () => {
        const review = reviewOf(recording, folder);
        if (review !== undefined) return dispatch({ kind: "reviewing", review });
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
    isBusy: () => applying !== undefined,
    stop: () => clearTimeout(applying),
  };
}
