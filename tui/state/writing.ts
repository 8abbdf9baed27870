import { existsSync } from "node:fs";

import {
  JournalError,
  type JournalWriter,
  type Seq,
  isBeingWritten,
  openWriter,
} from "../../journal/index.ts";
import { putBack } from "../../src/attach/index.ts";
import { FileSystem, profiles } from "../../src/fs/index.ts";
import {
  type History,
  type PlannedChange,
  RestoreError,
  type RestorePlan,
  lastThere,
  mark,
  openHistory,
  planRedo,
  planRestore,
  planUndo,
  redo,
  replay,
  restore,
  undo,
} from "../../src/history/index.ts";
import type { Recording } from "../recording/recording.ts";
import type { Plan, PlanKind } from "./state.ts";

/** Opens the journal for writing while `body` runs. Throws JournalError: "locked" while a guest runs. */
function writing<T>(recording: Recording, body: (journal: JournalWriter) => T): T {
  requireHere(recording);
  const { file, journal: shown } = recording;
  // A writer would make a new one.
  if (!existsSync(file))
    throw new JournalError("missing", `there is no ${file} any more`, {
      hint: "what is on the screen is of a journal that was removed",
    });
  const journal = openWriter(file);
  try {
    if (journal.id !== shown.id)
      throw new JournalError("missing", `${file} is another journal now`, {
        hint: "open it again to see what it holds",
      });
    return body(journal);
  } finally {
    journal.close();
  }
}

/** Throws JournalError for a journal of a depot, which nobody changes there. */
export function requireHere({ elsewhere }: Recording): void {
  if (elsewhere === undefined) return;
  throw new JournalError("read-only", "the journal is in a depot, and cannot be changed there", {
    hint: `\`rewindfs pull ${elsewhere.journal} FILE\` fetches it, for work on a copy`,
  });
}

/** Opens the journal's live filesystem, which restore, undo and redo change. */
export function living<T>(
  recording: Recording,
  body: (files: FileSystem, history: History) => T,
): T {
  return writing(recording, (journal) => {
    const tree = replay(journal, journal.head());
    const files = new FileSystem({ journal, tree, limits: profiles.default });
    return body(files, openHistory(journal));
  });
}

/** Names a moment in the journal. Throws JournalError. */
export function setMark(recording: Recording, name: string, at: Seq): void {
  writing(recording, (journal) => mark(journal, name, at));
}

/**
 * Plans the work without doing it; a writing guest is not disturbed. Undefined if there is nothing to restore: the path
 * did not exist up to that moment, and does not now. Throws RestoreError and JournalError.
 */
export function planFor(
  recording: Recording,
  kind: PlanKind,
  path: string,
  to: Seq,
  event?: Seq,
): Plan | undefined {
  const head = recording.head();
  const inside =
    kind !== "redo" && isBeingWritten(recording.file) ? ({ inside: true } as const) : {};
  // A run of its own begins and ends; within another one, one event says who does it.
  const around = "inside" in inside ? 1 : 2;
  if (kind === "restore") {
    const paths = path === "/" ? undefined : [path];
    const there =
      recording.inodeAt(path, head) === undefined ? lastThere(recording.history, path, to) : to;
    if (there === undefined) return undefined;
    const plan = planRestore(recording.tree(head), recording.tree(there), paths);
    const events = plan.commands.length === 0 ? 0 : plan.commands.length + around;
    const about = {
      kind,
      path,
      to: there,
      head,
      events,
      ...inside,
      ...(there === to ? {} : { goneAt: to }),
    };
    return planOf(plan, about);
  }
  const { history } = recording;
  const only = event === undefined ? {} : { event };
  const plan = kind === "undo" ? planUndo(history, head, only) : planRedo(history, head);
  const first = event ?? history.journal.run(plan.run)?.first ?? 1;
  // Recorded even without changes: the next undo needs to know that a run was taken back.
  const events = plan.commands.length + around;
  const about = { kind, path, to: (first - 1) as Seq, head, events, ...inside, ...only };
  return { ...planOf(plan, about), run: plan.run };
}

function planOf(
  { changes, notes }: RestorePlan,
  about: Omit<Plan, "changes" | "notes" | "run">,
): Plan {
  return {
    ...about,
    notes,
    changes: changes.map((change) => ({
      letter: letterOf(change),
      path: change.path,
      ...(change.from === undefined ? {} : { from: change.from }),
    })),
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

/** The events within the run of a program by which it put something back for a person. */
export interface Within {
  readonly first: Seq;
  readonly last: Seq;
  /** Tells if the program sees it by now. */
  readonly seen: boolean;
}

/**
 * Has the program that writes the journal carry out a plan; undefined if none does that can. Throws RestoreError if it
 * refuses.
 */
export async function putBackWithin(
  { file }: Recording,
  { kind, path, to, run, event }: Plan,
): Promise<Within | undefined> {
  if (kind === "redo" || !isBeingWritten(file)) return undefined;
  const paths = path === "/" ? {} : { paths: [path] };
  const which = event !== undefined ? { event } : run === undefined ? {} : ({ run } as const);
  const result = await putBack(
    file,
    kind === "restore"
      ? { kind, seq: to, revision: `#${to}`, ...paths }
      : { kind, force: false, ...which },
  );
  switch (result?.kind) {
    case "refused": {
      const { message, hint } = result;
      throw new RestoreError("stopped", message, hint === undefined ? {} : { hint });
    }
    case "nothing":
      throw new RestoreError("nothing-to-undo", "it is like that by now");
    case "done":
      return { first: result.first as Seq, last: result.last as Seq, seen: result.seen };
    case undefined:
      return undefined;
  }
}

/** Carries out a plan, as one run of new events. Throws RestoreError and JournalError. */
export function carryOut(recording: Recording, { kind, path, to, head, event }: Plan): void {
  living(recording, (files, history) => {
    if (history.journal.head() !== head)
      throw new RestoreError("conflict", "more has happened since this was asked", {
        hint: "ask again to see what it would change now",
      });
    const paths = path === "/" ? {} : { paths: [path] };
    if (kind === "restore") restore(files, history, to, paths);
    else if (kind === "undo") undo(files, history, event === undefined ? {} : { event });
    else redo(files, history);
  });
}
