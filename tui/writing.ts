import { type JournalWriter, type RunNumber, type Seq, openWriter } from "../journal/index.ts";
import { FileSystem, profiles } from "../src/fs/index.ts";
import {
  type PlannedChange,
  openHistory,
  planRestore,
  replay,
  restore,
} from "../src/history/index.ts";
import type { Recording } from "./recording.ts";
import type { Plan, PlanKind } from "./state.ts";

/** Opens the journal for writing for as long as it takes. Throws JournalError "locked" while a guest runs. */
function writing<T>(file: string, body: (journal: JournalWriter) => T): T {
  const journal = openWriter(file);
  try {
    return body(journal);
  } finally {
    journal.close();
  }
}

/** Names a moment in the journal. */
export function setMark(file: string, name: string, at: Seq): void {
  writing(file, (journal) => journal.append({ kind: "mark", name, at }));
}

/** What would be done; nothing is. Throws RestoreError. */
export function planFor(recording: Recording, kind: PlanKind, path: string, to: Seq): Plan {
  const head = recording.head();
  const paths = path === "/" ? undefined : [path];
  const { commands, changes } = planRestore(recording.tree(head), recording.tree(to), paths);
  return {
    kind,
    path,
    to,
    head,
    // A run has a first and a last event beside what it does.
    events: commands.length === 0 ? 0 : commands.length + 2,
    changes: changes.map((change) => ({ letter: letterOf(change), path: change.path })),
  };
}

function letterOf({ change }: PlannedChange): "A" | "M" | "D" | "R" {
  switch (change) {
    case "added":
      return "A";
    case "removed":
      return "D";
    case "renamed":
      return "R";
    case "modified":
    case "type-changed":
    case "touched":
      return "M";
  }
}

/** Does what was planned, as one run of new events. Throws RestoreError and JournalError. */
export function carryOut(
  file: string,
  plan: Plan,
): { readonly run: RunNumber; readonly last: Seq } | undefined {
  return writing(file, (journal) => {
    const files = new FileSystem({
      journal,
      tree: replay(journal, journal.head()),
      limits: profiles.default,
    });
    const options = plan.path === "/" ? {} : { paths: [plan.path] };
    return restore(files, openHistory(journal), plan.to, options).done;
  });
}
