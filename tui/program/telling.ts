import { JournalError } from "../../journal/index.ts";
import type { Printable } from "../../src/text/index.ts";
import type { Message } from "../state/effect.ts";
import type { Toast } from "../state/state.ts";
import { failureOf } from "../update/told.ts";

/** Messages about what work came to. */
export interface Telling {
  readonly dispatch: (...messages: readonly Message[]) => void;
  readonly tell: (kind: Toast["kind"], text: Printable) => void;
  /** Shows a failure; its title is the error's own unless there is another. */
  readonly fail: (error: unknown, title?: Printable) => void;
  /** Does work, and shows its failure under a title. */
  readonly attempt: (title: Printable, body: () => void) => void;
}

export function tellingBy(dispatch: Telling["dispatch"]): Telling {
  const fail: Telling["fail"] = (error, title) => {
    // The holder of the lock is a better explanation than the failed work.
    const isLocked = error instanceof JournalError && error.code === "locked";
    const own = title === undefined || isLocked ? {} : { title };
    dispatch({ kind: "failed", ...failureOf(error), ...own });
  };
  return {
    dispatch,
    fail,
    tell: (kind, text) => dispatch({ kind: "told", toast: { kind, text } }),
    attempt(title, body) {
      try {
        body();
      } catch (error) {
        fail(error, title);
      }
    },
  };
}
