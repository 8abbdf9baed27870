import type { Run } from "../../../journal/index.ts";
import type { Skip } from "../disk/error.ts";

const leftFlag = "--left";
const onlyFlag = "--only";
const partsFlag = "--parts";

/** Returns the arguments that list the files that an apply takes in part; none if there are none. */
export function partWords(paths: readonly string[]): string[] {
  return paths.length === 0 ? [] : [partsFlag, String(paths.length), ...paths];
}

/** Returns the paths that an apply took in part, in the order in which it made the files in the filesystem. */
export function partsOf({ start }: Run): readonly string[] {
  const [at, end] = partsIn(start.args);
  return start.args.slice(at + 2, end);
}

/** Returns where the parts begin, and where the lists of paths begin. */
function partsIn(args: readonly string[]): readonly [number, number] {
  const at = args[2] === "--was" ? 4 : 2;
  const count = args[at] === partsFlag ? Number(args[at + 1]) : -1;
  return Number.isSafeInteger(count) && count > 0 ? [at, at + 2 + count] : [at, at];
}

/** Finds a list; earlier versions began it anywhere after the folder. */
function listAt(args: readonly string[], flag: string): number {
  const [at, end] = partsIn(args);
  return args.indexOf(flag, end > at ? end : 2);
}

/** Returns the arguments that record which paths differ between both sides after a run; none if there are none. */
export function leftWords(left: readonly string[]): string[] {
  return left.length === 0 ? [] : [leftFlag, ...left];
}

/** Returns the arguments that record that a run concerned these paths alone. */
export function onlyWords(paths: readonly string[]): string[] {
  return [onlyFlag, ...paths];
}

/** Arguments of an import that replaces what the program changed. */
export const freshWords: readonly string[] = ["--fresh"];

/** Tells if a run is such an import. What one that was interrupted did not reach is still the program's. */
export function isFresh(run: Run): boolean {
  return hasWord(run, freshWords);
}

/** Arguments of an import that records work done on the host itself. */
export const workWords: readonly string[] = ["--work"];

/** Tells if a run is such an import: once it is taken back, an apply takes the work back on the host, too. */
export function isWork(run: Run): boolean {
  return hasWord(run, workWords);
}

function hasWord({ start }: Run, [word = ""]: readonly string[]): boolean {
  const at = start.args.indexOf(word, 2);
  return start.cause === "import" && at !== -1 && !isAfterLists(start.args, at);
}

function isAfterLists(args: readonly string[], at: number): boolean {
  return [leftFlag, onlyFlag].some((flag) => {
    const list = listAt(args, flag);
    return list !== -1 && list < at;
  });
}

/** Returns the reason for a run's end that left paths alone without recording them at its start. */
export function leftReason(left: readonly Skip[]): string {
  return `left alone: ${pathsText(left.length)}`;
}

export function pathsText(count: number): string {
  return count === 1 ? "1 path" : `${count} paths`;
}

/** Returns the paths that a run left alone; undefined for an apply that stopped, or left others than it recorded. */
export function leftBy({ start, end }: Run): readonly string[] | undefined {
  const at = listAt(start.args, leftFlag);
  const left = at === -1 || onlyAt(start.args) !== -1 ? [] : start.args.slice(at + 1);
  // An interrupted import has brought each path, or has not touched it.
  if (start.cause === "import" || end?.exit === 0) return left;
  // Runs of earlier versions ended so if they had left something alone.
  return left.length > 0 && end?.reason === `left alone: ${pathsText(left.length)}`
    ? left
    : undefined;
}

/** Returns the paths that a run concerned; undefined if it concerned all. */
export function onlyOf({ start }: Run): readonly string[] | undefined {
  const at = onlyAt(start.args);
  return at === -1 ? undefined : start.args.slice(at + 1);
}

/** Finds the flag; all arguments after the other flag are paths. */
function onlyAt(args: readonly string[]): number {
  const at = listAt(args, onlyFlag);
  const left = listAt(args, leftFlag);
  return left !== -1 && left < at ? -1 : at;
}
