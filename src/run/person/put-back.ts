import { JournalError, type Seq } from "../../../journal/index.ts";
import type { PutBack, PutBackResult } from "../../attach/index.ts";
import {
  type Done,
  type History,
  RestoreError,
  type RestoreStart,
  RevisionError,
  type RunningFiles,
  restore,
  undo,
  undoPaths,
} from "../../history/index.ts";

/** Puts something back in a filesystem on which a program runs. Errors that a person can cause are in the result. */
export function putBackIn(
  order: PutBack,
  files: RunningFiles,
  history: History,
): Exclude<PutBackResult, { kind: "done" }> | Done {
  try {
    return carryOut(order, files, history) ?? { kind: "nothing" };
  } catch (error) {
    const isKnown =
      error instanceof RestoreError ||
      error instanceof RevisionError ||
      error instanceof JournalError;
    if (!isKnown) throw error;
    const { message, hint } = error;
    return { kind: "refused", message, ...(hint === undefined ? {} : { hint }) };
  }
}

function carryOut(order: PutBack, files: RunningFiles, history: History): Done | undefined {
  switch (order.kind) {
    case "restore": {
      const { seq, paths, revision } = order;
      const { journal } = history;
      if (seq < 0 || seq > journal.head())
        throw new RestoreError("stopped", `there is no event ${seq}`, {
          hint: `the last is ${journal.head()}`,
        });
      const only = paths === undefined ? {} : { paths };
      return restore(files, history, seq as Seq, { revision, ...only }).done;
    }
    case "undo-paths": {
      const done = undoPaths(files, history, order.paths).flatMap((one) => one.done ?? []);
      const [first, last] = [done[0], done.at(-1)];
      return first === undefined || last === undefined ? undefined : { ...first, last: last.last };
    }
    case "undo": {
      const { run, event, force } = order;
      return undo(files, history, {
        later: force ? "overwrite" : "refuse",
        ...(run === undefined ? {} : { run }),
        ...(event === undefined ? {} : { event }),
      }).done;
    }
  }
}

/** Returns the command line by which a person's changes within a run are known in the journal. */
export function personsCommand({ cause, guest, args }: RestoreStart): readonly string[] {
  // The first argument says the moment, or the run, once more.
  const paths = args.slice(1);
  const words = guest === "--" ? [] : [guest];
  return ["rewindfs", cause, ...words, ...(paths.length > 0 ? ["--", ...paths] : [])];
}
