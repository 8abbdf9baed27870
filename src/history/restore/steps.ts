import type { Run, RunNumber } from "../../../journal/index.ts";

/** Consecutive runs that one command made. People know them by the number of one, and take them back together. */
export interface Step {
  /** The run that people know; it begins with the first run and ends with the last one. */
  readonly run: Run;
  readonly parts: readonly Run[];
}

const putBackFlag = "--put-back";
const forApplyFlag = "--for-apply";
const undoFlag = "--undo";
/** The guest of a run that writes merged texts. */
export const mergeGuest = "merge";

/**
 * Returns the arguments of an import whose changes the program's version replaces again; it may be made for an apply.
 */
export function putBackWords(by: "import" | "apply"): string[] {
  return by === "apply" ? [putBackFlag, ...forApplyWords] : [putBackFlag];
}

/** Arguments that say that a run was made for the apply that follows it. */
export const forApplyWords: readonly string[] = [forApplyFlag];

/** Tells if a run is an import whose changes are replaced again. */
export function isPutBack({ start }: Run): boolean {
  return start.cause === "import" && start.args[2] === putBackFlag;
}

/** Tells if it was made for the apply that follows it. */
export function isForApply(run: Run): boolean {
  return isPutBack(run) && run.start.args[3] === forApplyFlag;
}

/** Arguments of an apply that takes another one back. */
export function undoWords(run: RunNumber): string[] {
  return [undoFlag, String(run)];
}

/** Returns the apply that a run takes back on the host. */
export function undoneApply({ start }: Run): RunNumber | undefined {
  const { cause, args } = start;
  const at = args.indexOf(undoFlag, 2);
  const number = Number(args[at + 1]);
  // Arguments after the flags are paths, which may look like flags.
  return cause === "apply" && (at === 2 || at === 4) && number > 0
    ? (number as RunNumber)
    : undefined;
}

/**
 * Groups runs by the commands that made them. An import or apply that settles conflicts records merged texts and this
 * machine's versions in runs of their own.
 */
export function stepsOf(runs: readonly Run[]): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < runs.length;) {
    const found = stepAt(runs, at);
    steps.push(found);
    at += found.parts.length;
  }
  return steps;
}

/** Returns the number by which people know the step of each run that is no step by itself. */
export function stepNumbers(runs: readonly Run[]): ReadonlyMap<RunNumber, RunNumber> {
  const known = new Map<RunNumber, RunNumber>();
  for (const { run, parts } of stepsOf(runs))
    if (parts.length > 1) for (const part of parts) known.set(part.run, run.run);
  return known;
}

function stepAt(runs: readonly Run[], at: number): Step {
  const first = runs[at];
  if (first === undefined) throw new Error("there is no such run");
  const main = first.start.cause === "import" && !isPutBack(first) ? first : undefined;
  const settled = settlingAt(runs, main === undefined ? at : at + 1, first);
  if (settled !== undefined && isForApply(settled.recorded) === (main === undefined)) {
    const apply = main === undefined ? followingApply(runs[settled.end], first) : undefined;
    const parts = runs.slice(at, apply === undefined ? settled.end : settled.end + 1);
    return stepOf(parts, main ?? apply ?? parts.at(-1) ?? first);
  }
  const apply = isRestoreForApply(first) ? followingApply(runs[at + 1]) : undefined;
  return apply === undefined ? { run: first, parts: [first] } : stepOf([first, apply], apply);
}

function stepOf(parts: readonly Run[], known: Run): Step {
  const [first = known, last = known] = [parts[0], parts.at(-1)];
  return { run: { ...known, first: first.first, last: last.last }, parts };
}

/** Finds the runs that settled conflicts of a folder: merged texts, and versions that were recorded and replaced. */
function settlingAt(
  runs: readonly Run[],
  at: number,
  like: Run,
): { readonly end: number; readonly recorded: Run } | undefined {
  let end = at;
  const merge = runs[end];
  if (merge?.start.cause === "library" && merge.start.guest === mergeGuest && isOn(merge, like))
    end += 1;
  let recorded: Run | undefined;
  for (;;) {
    const [one, restored] = [runs[end], runs[end + 1]];
    const isPair =
      one !== undefined && isPutBack(one) && isOn(one, like) && restored?.start.cause === "restore";
    if (!isPair) break;
    recorded = one;
    end += 2;
  }
  return recorded === undefined ? undefined : { end, recorded };
}

function followingApply(run: Run | undefined, like?: Run): Run | undefined {
  const isOne = run?.start.cause === "apply" && (like === undefined || isOn(run, like));
  return isOne ? run : undefined;
}

function isRestoreForApply({ start }: Run): boolean {
  return start.cause === "restore" && start.args[1] === forApplyFlag;
}

/** Tells if two runs concern one folder. */
function isOn(run: Run, like: Run): boolean {
  return run.start.args[0] === like.start.args[0] && run.start.args[1] === like.start.args[1];
}
