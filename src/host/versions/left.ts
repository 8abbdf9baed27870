import type { Run } from "../../../journal/index.ts";
import type { Skip } from "../disk/error.ts";

const leftFlag = "--left";
const onlyFlag = "--only";
const partsFlag = "--parts";

/** The words by which an apply tells of which files it takes a part; none where there is none. */
export function partWords(paths: readonly string[]): string[] {
  return paths.length === 0 ? [] : [partsFlag, String(paths.length), ...paths];
}

/** The paths of which an apply took a part. The n-th is the n-th file that it made in the filesystem. */
export function partsOf({ start }: Run): readonly string[] {
  const [at, end] = partsIn(start.args);
  return start.args.slice(at + 2, end);
}

/** Where the parts are told, and where the lists of paths begin. */
function partsIn(args: readonly string[]): readonly [number, number] {
  const at = args[2] === "--was" ? 4 : 2;
  const count = args[at] === partsFlag ? Number(args[at + 1]) : -1;
  return Number.isSafeInteger(count) && count > 0 ? [at, at + 2 + count] : [at, at];
}

/** Of those of earlier versions the lists may begin anywhere behind the folder. */
function listAt(args: readonly string[], flag: string): number {
  const [at, end] = partsIn(args);
  return args.indexOf(flag, end > at ? end : 2);
}

/** The words by which a run tells which paths are not the same on both sides after it; none where there is none. */
export function leftWords(left: readonly string[]): string[] {
  return left.length === 0 ? [] : [leftFlag, ...left];
}

/** The words by which a run tells that it is about some paths alone. */
export function onlyWords(paths: readonly string[]): string[] {
  return [onlyFlag, ...paths];
}

const putBackFlag = "--put-back";
const forApplyFlag = "--for-apply";

/** The words of an import after which what stood there before is put back; one may be made for an apply. */
export function putBackWords(by: "import" | "apply"): string[] {
  return by === "apply" ? [putBackFlag, forApplyFlag] : [putBackFlag];
}

/** Tells whether that is so of a run. */
export function isPutBack({ start }: Run): boolean {
  return start.args[2] === putBackFlag;
}

/** Tells whether it was made for the apply that follows it. */
export function isForApply(run: Run): boolean {
  return isPutBack(run) && run.start.args[3] === forApplyFlag;
}

/** Why a run ended that left paths alone which it did not tell of at its start. */
export function leftReason(left: readonly Skip[]): string {
  return `left alone: ${pathsText(left.length)}`;
}

export function pathsText(count: number): string {
  return count === 1 ? "1 path" : `${count} paths`;
}

/** The paths that a run left alone; undefined for an apply that stopped, or left others than it told. */
export function leftBy({ start, end }: Run): readonly string[] | undefined {
  const at = listAt(start.args, leftFlag);
  const left = at === -1 || onlyAt(start.args) !== -1 ? [] : start.args.slice(at + 1);
  // An import that was interrupted has brought each path, or has not touched it.
  if (start.cause === "import" || end?.exit === 0) return left;
  // Runs of earlier versions ended so when they had left something alone.
  return left.length > 0 && end?.reason === `left alone: ${pathsText(left.length)}`
    ? left
    : undefined;
}

/** The paths that a run was about; undefined where it was about all. */
export function onlyOf({ start }: Run): readonly string[] | undefined {
  const at = onlyAt(start.args);
  return at === -1 ? undefined : start.args.slice(at + 1);
}

/** Behind the other flag all are paths. */
function onlyAt(args: readonly string[]): number {
  const at = listAt(args, onlyFlag);
  const left = listAt(args, leftFlag);
  return left !== -1 && left < at ? -1 : at;
}
