import {
  type Ino,
  type Journal,
  type Run,
  type RunNumber,
  type Seq,
  hasBytes,
  isMutation,
} from "../../../journal/index.ts";
import {
  type Command,
  type FileSystem,
  type Tree,
  apply,
  decide,
  profiles,
} from "../../fs/index.ts";
import { baseSeq } from "../snapshots/beginning.ts";
import { tapeOf } from "../snapshots/read-tape.ts";
import type { History } from "../view/history.ts";
import { eventsOnAny } from "../view/inode-events.ts";
import { planCommands } from "./plan.ts";
import { replay } from "./replay.ts";
import { type Restored, type RunningFiles, describeChanges, perform } from "./restore.ts";
import { type Conflict, RestoreError } from "./restore-error.ts";
import { type Obstacle, reverseGoals } from "./reverse.ts";
import { stepNumbers } from "./steps.ts";
import { type UndoStack, undoStack } from "./undo-stack.ts";

/** The change that an undo reverts, and how. */
export interface UndoOptions {
  /** The run to revert. Default: the last one that is not undone. */
  readonly run?: number;
  /** Reverts only this event, and not a whole run. */
  readonly event?: number;
  /** Refuses or overwrites later changes to the same paths. */
  readonly later?: "refuse" | "overwrite";
  /** Labels of the run that the undo is. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The result of an undo or redo, or of its plan. */
export interface Undo extends Restored {
  /** The run that was reverted or repeated; for a single event, its run. */
  readonly run: RunNumber;
  readonly event?: Seq;
  /** The later changes that it overwrites. */
  readonly conflicts: readonly Conflict[];
}

/**
 * Reverts a run as a run of its own: its changes are taken back, everything else stays. Called again, it reverts the
 * run before. Throws RestoreError if there is nothing to undo, if the last run changed nothing (then the run before it
 * must be named), or if later runs changed the same paths.
 */
export function undo(
  fs: FileSystem | RunningFiles,
  history: History,
  options: UndoOptions = {},
): Undo {
  return reverse(fs, history, toUndo(history, history.journal.head(), options), options);
}

/** Repeats what the last undo reverted, as a run of its own. Throws the same RestoreError as `undo`. */
export function redo(
  fs: FileSystem,
  history: History,
  options: Omit<UndoOptions, "run" | "event"> = {},
): Undo {
  return reverse(fs, history, toRedo(history, history.journal.head()), options);
}

/**
 * Returns what `undo` would do just after event `at`, if that were the last. The journal may be open for reading only,
 * while another process writes it. Throws the same RestoreError as `undo`.
 */
export function planUndo(
  history: History,
  at: Seq,
  options: Pick<UndoOptions, "run" | "event" | "later"> = {},
): Undo {
  return workOut(history.at(at), history, at, toUndo(history, at, options), options.later);
}

/**
 * Returns what undoing these runs one after the other would do, just after event `at`; runs that changed nothing or are
 * undone already are left out. Throws the RestoreError of the first one that cannot be undone, or of the last one left
 * out if there is no other.
 */
export function planUndoAll(
  history: History,
  at: Seq,
  runs: readonly RunNumber[],
  { later }: Pick<UndoOptions, "later"> = {},
): Undo[] {
  const plans: Undo[] = [];
  let nothing: RestoreError | undefined;
  for (const run of runs) {
    try {
      const what = toUndo(history, at, { run });
      const tree = outcomeOf(history.journal, at, commandsOf(plans));
      plans.push(workOut(tree, history, at, what, later, plans));
    } catch (error) {
      if (!(error instanceof RestoreError) || error.code !== "no-run") throw error;
      nothing = error;
    }
  }
  if (plans.length === 0 && nothing !== undefined) throw nothing;
  return plans;
}

function commandsOf(plans: readonly Undo[]): Command[] {
  return plans.flatMap(({ commands }) => commands);
}

/** Returns what `redo` would do; see `planUndo`. */
export function planRedo(
  history: History,
  at: Seq,
  { later }: Pick<UndoOptions, "later"> = {},
): Undo {
  return workOut(history.at(at), history, at, toRedo(history, at), later);
}

function toUndo(
  history: History,
  at: Seq,
  { run: number, event }: Pick<UndoOptions, "run" | "event">,
): Reverse {
  if (event !== undefined) return toUndoEvent(history, at, event);
  const { done, idle } = undoStack(history.journal, at);
  if (number === undefined && idle !== undefined) throw changedNothing(idle, done.at(-1));
  const run = number === undefined ? done.at(-1) : find(history, done, number);
  if (run === undefined) {
    const base = baseSeq(history.journal);
    const left = base === 0 ? "" : `; what happened up to event ${base} is folded`;
    throw new RestoreError("nothing-to-undo", `there is no run to undo${left}`, {
      hint: "`runs` shows what there is",
    });
  }
  return { cause: "undo", subject: run, reverted: run };
}

function toUndoEvent({ journal }: History, at: Seq, seq: number): Reverse {
  const event = seq <= at && seq > baseSeq(journal) ? journal.event(seq) : undefined;
  const run = event === undefined ? undefined : journal.run(event.run);
  if (event === undefined || run === undefined || !isMutation(event)) {
    const why =
      seq <= baseSeq(journal)
        ? "is folded"
        : event === undefined
          ? `is not in the journal; the last is ${at}`
          : "changed nothing";
    throw new RestoreError("nothing-to-undo", `cannot undo event ${seq}: it ${why}`, {
      hint: "`log` shows what there is",
    });
  }
  return {
    cause: "undo",
    subject: run,
    reverted: { first: event.seq, last: event.seq },
    event: event.seq,
  };
}

function toRedo(history: History, at: Seq): Reverse {
  const { done, undone } = undoStack(history.journal, at);
  const last = undone.at(-1);
  if (last === undefined) {
    const before = done.at(-1);
    // An undo of a path or an event takes back no run: it is one itself.
    const isOfPart = before?.start.cause === "undo";
    throw new RestoreError("nothing-to-undo", "there is no undo of a run to take back", {
      hint: isOfPart
        ? `\`undo\` takes back run ${before.run}, which undid a part of a run`
        : "a redo is possible until something new happens",
    });
  }
  return { cause: "redo", subject: last.run, reverted: last.by };
}

function changedNothing(idle: Run, before: Run | undefined): RestoreError {
  const isApply = idle.start.cause === "apply";
  const where = isApply ? " here: an apply changes the host" : "";
  const further = isApply ? ", and another `apply` brings that to the host" : "";
  const onHost = isApply ? "`apply DIR --undo` puts back what DIR had" : undefined;
  return new RestoreError("nothing-to-undo", `run ${idle.run} changed nothing${where}`, {
    hint:
      before === undefined
        ? onHost
        : `${onHost === undefined ? "" : `${onHost}; `}\`undo --run ${before.run}\` takes back the run before${further}`,
  });
}

interface Reverse {
  readonly cause: "undo" | "redo";
  readonly subject: Run;
  /** The run whose changes are reverted: for a redo, the undo. */
  readonly reverted: Pick<Run, "first" | "last">;
  /** Set if only this event is reverted. */
  readonly event?: Seq;
}

function reverse(
  fs: FileSystem | RunningFiles,
  history: History,
  what: Reverse,
  { later, labels = {} }: UndoOptions,
): Undo {
  const plan = workOut(fs.tree, history, history.journal.head(), what, later);
  const { cause, subject, event } = what;
  // Recorded even without changes, because the next undo depends on it.
  const force = plan.conflicts.length > 0 ? ["--force"] : [];
  // No run is reverted for a single event: the words must not name one.
  const guest = event === undefined ? `run:${subject.run}` : `event:${event}`;
  const args = [event === undefined ? String(subject.run) : guest, ...force];
  return { ...plan, done: perform(fs, plan, { cause, guest, args, labels }) };
}

/** `earlier` are undos that come before it: they made the tree from the state just after event `at`. */
function workOut(
  tree: Tree,
  history: History,
  at: Seq,
  { cause, subject, reverted, event }: Reverse,
  later: UndoOptions["later"] = "refuse",
  earlier: readonly Undo[] = [],
): Undo {
  const before = history.at((reverted.first - 1) as Seq);
  const after = history.at(reverted.last);
  const { goals, obstacles } = reverseGoals(tree, before, after);
  const stack = without(undoStack(history.journal, at), earlier);
  const inEffect = runsInEffect(stack, subject);
  const steps = stepNumbers(history.journal.runs());
  const runs = laterRuns(history.journal, obstacles, (reverted.last + 1) as Seq, at, steps);
  const conflicts = obstacles.map((obstacle) => conflictOf(obstacle, runs, inEffect));
  if (conflicts.length > 0 && later === "refuse") {
    const name = event === undefined ? `run:${subject.run}` : `event ${event}`;
    throw refusal({ cause, subject, name }, conflicts, stack);
  }
  const commands = planCommands(tree, goals);
  const done = commandsOf(earlier);
  const now = done.length === 0 ? history.at(at) : outcomeOf(history.journal, at, done);
  const then = outcomeOf(history.journal, at, [...done, ...commands]);
  const changes = describeChanges(now, then);
  const which = event === undefined ? {} : { event };
  return { commands, changes, notes: [], run: subject.run, ...which, conflicts };
}

function without({ done, undone }: UndoStack, earlier: readonly Undo[]): UndoStack {
  const taken = new Set(earlier.map(({ run }) => run));
  return { done: done.filter(({ run }) => !taken.has(run)), undone };
}

/** Returns the state that the commands make from the one just after event `seq`. */
function outcomeOf(journal: Journal, seq: Seq, commands: readonly Command[]): Tree {
  const tree = replay(journal, seq);
  const { time = 0n } = journal.event(seq) ?? {};
  const stamp = { seq, time, run: 0 as RunNumber };
  const basis = { tree, limits: profiles.default, isOpen: () => false };
  for (const command of commands) {
    const fact = decide(basis, command);
    if (fact !== undefined && !hasBytes(fact)) apply(tree, { ...fact, ...stamp }, tapeOf(journal));
  }
  return tree;
}

/**
 * Returns the runs whose changes count: runs that are not undone, and undos of runs before the subject. A later run and
 * its undo cancel out.
 */
function runsInEffect({ done, undone }: UndoStack, subject: Run): ReadonlySet<RunNumber> {
  return new Set([
    ...done.map(({ run }) => run),
    ...undone.flatMap(({ run, by }) => (run.run < subject.run ? [by.run] : [])),
  ]);
}

/** Finds the runs that changed the obstacles, by inode. */
function laterRuns(
  journal: Journal,
  obstacles: readonly Obstacle[],
  first: Seq,
  last: Seq,
  steps: ReadonlyMap<RunNumber, RunNumber>,
): ReadonlyMap<Ino, ReadonlySet<RunNumber>> {
  const inos = new Set(obstacles.map(({ ino }) => ino));
  const runs = new Map<Ino, Set<RunNumber>>();
  for (const [ino, event] of eventsOnAny(journal, inos, { first, last })) {
    if (!isMutation(event)) continue;
    const known = runs.get(ino);
    const run = steps.get(event.run) ?? event.run;
    if (known === undefined) runs.set(ino, new Set([run]));
    else known.add(run);
  }
  return runs;
}

function conflictOf(
  { ino, path, reason }: Obstacle,
  later: ReadonlyMap<Ino, ReadonlySet<RunNumber>>,
  inEffect: ReadonlySet<RunNumber>,
): Conflict {
  const runs = [...(later.get(ino) ?? [])];
  const standing = runs.filter((run) => inEffect.has(run));
  return { path, reason, runs: standing.length > 0 ? standing : runs };
}

function refusal(
  { cause, subject, name }: Pick<Reverse, "cause" | "subject"> & { readonly name: string },
  conflicts: readonly Conflict[],
  { done, undone }: UndoStack,
): RestoreError {
  const runs = [...new Set(conflicts.flatMap((conflict) => conflict.runs))].toSorted(
    (one, other) => one - other,
  );
  const by = runs.length === 0 ? "" : ` by ${runs.map((one) => `run:${one}`).join(", ")}`;
  const paths = conflicts.length === 1 ? "1 path" : `${conflicts.length} paths`;
  // Later events of the same run cannot be undone first and alone.
  const isDone =
    runs.length > 0 &&
    runs.every((one) => one !== subject.run && done.some((other) => other.run === one));
  const isUndone = undone.at(-1)?.by.run === runs.at(-1);
  const first =
    cause === "undo" && isDone ? "undo those first, or " : isUndone ? "redo first, or " : "";
  return new RestoreError("conflict", `cannot ${cause} ${name}: ${paths} changed since${by}`, {
    hint: `${first}--force to overwrite them`,
    conflicts,
  });
}

function find(history: History, done: readonly Run[], number: number): Run {
  const run = done.find((one) => one.run === number);
  if (run !== undefined) return run;
  const known = history.journal.run(number);
  const step = known === undefined ? undefined : stepNumbers(history.journal.runs()).get(known.run);
  const why =
    known === undefined
      ? "is not in the journal"
      : known.start.cause === "undo" || known.start.cause === "redo"
        ? `is an ${known.start.cause}: redo and undo go back and forth`
        : known.first <= baseSeq(history.journal)
          ? "is folded"
          : step !== undefined && step !== known.run
            ? `is a part of run ${step}`
            : known.start.cause === "apply"
              ? "is an apply, which changes the host: `apply DIR --undo` takes that back"
              : "is undone already, or changed nothing";
  throw new RestoreError("no-run", `cannot undo run:${number}: it ${why}`, {
    hint: "`runs` shows what there is",
  });
}
