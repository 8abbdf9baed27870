import type { Run, RunNumber, Seq } from "../../../journal/index.ts";
import { isForApply, stepsOf, undoneApply } from "../../history/index.ts";
import { PathSet } from "./path-set.ts";
import { isFresh, isWork, leftBy, onlyOf, partsOf } from "./left.ts";

/** A folder of the host, by its real path, and the absolute path that it has in the filesystem. */
export interface Folder {
  readonly host: string;
  readonly guest: string;
  /** The folder's place when it was imported, if it was another. */
  readonly was?: string;
}

/** A run after which the host and the filesystem agreed at certain paths. */
export interface Moment {
  readonly run: RunNumber;
  /** The state just after this event is the one on which both agreed. */
  readonly seq: Seq;
  /** If given, limits the moment to these paths of the folder and everything below them. */
  readonly only?: readonly string[];
  /** Excepts these paths and everything below them. */
  readonly left: readonly string[];
  /**
   * If given, limits the moment to exactly these paths: an apply of them was taken back, so that the host has its
   * earlier version.
   */
  readonly within?: readonly string[];
  /** If given, the files that an apply took in part. */
  readonly parts?: Parts;
  /** "stopped": an apply that did not finish. The host has some of what that state has. */
  readonly kind: "whole" | "stopped";
}

/** Files applied in part, in the state just after an event: they have no name there. */
export interface Parts {
  readonly run: RunNumber;
  readonly seq: Seq;
  /** In the order in which the run made them; undefined for a path outside of the folder. */
  readonly paths: readonly (string | undefined)[];
}

/** An apply of a folder, and the moment it led to. */
export interface AppliedRun {
  readonly run: RunNumber;
  /** The moment that it led to. */
  readonly moment: Moment;
}

/** Returns the moments of one folder, the first one first. Imports that were undone do not count, but for those of work. */
export function momentsOf(runs: readonly Run[], folder: Folder): Moment[] {
  const moved = movesOf(runs, folder);
  return momentsIn(runs, { before: new Map(), undone: undoneRuns(runs), moved });
}

/** Holds for all runs, also where some of them are looked at. */
interface Known {
  /** The moments before each apply that was taken back. */
  readonly before: Map<RunNumber, readonly Moment[]>;
  readonly undone: ReadonlySet<RunNumber>;
  /** The folder, at its place now and its places before: an apply that was taken back moved it all the same. */
  readonly moved: readonly Folder[];
}

function momentsIn(runs: readonly Run[], known: Known): Moment[] {
  const { undone, moved } = known;
  return runs.flatMap((run): Moment[] => {
    if (undone.has(run.run) && !isWork(run)) return [];
    const place = moved.flatMap((one) => placeOf(run, one) ?? [])[0];
    if (place === undefined) return [];
    const taken = undoneApply(run);
    if (taken === undefined) return momentOf(run, place);
    const earlier = beforeSettling(runs, taken);
    const before = known.before.get(taken) ?? momentsIn(earlier, known);
    known.before.set(taken, before);
    return momentsAgain(before, onlyOf(run) ?? []);
  });
}

/**
 * Returns the runs before an apply, without those just before it that settled conflicts for it: taking the apply back
 * brings the conflicts back.
 */
function beforeSettling(runs: readonly Run[], apply: RunNumber): readonly Run[] {
  let end = runs.findIndex(({ run }) => run === apply);
  for (;;) {
    const [recorded, restored] = [runs[end - 2], runs[end - 1]];
    const isOne = restored?.start.cause === "restore" && recorded?.start.cause === "import";
    if (recorded === undefined || !isOne || !isForApply(recorded))
      return runs.slice(0, Math.max(end, 0));
    end -= 2;
  }
}

/**
 * Returns the moments that hold again once an apply was taken back: those before it. Each path is assigned to the last
 * moment that covers it, so that going back and forth adds few moments.
 */
function momentsAgain(before: readonly Moment[], paths: readonly string[]): Moment[] {
  const again: Moment[] = [];
  let rest = paths;
  for (const moment of before.toReversed()) {
    if (rest.length === 0) break;
    if (moment.kind !== "whole") continue;
    const tells = tellsOf(moment);
    const within = rest.filter(tells);
    if (within.length === 0) continue;
    again.push({ ...moment, within });
    rest = rest.filter((path) => !tells(path));
  }
  return again.toReversed();
}

/** Returns a test that tells if a moment covers a path of the folder. */
export function tellsOf({ only, within, left }: Moment): (path: string) => boolean {
  const exactly = within === undefined ? undefined : new Set(within);
  const [inside, outside] = [only && new PathSet(only), new PathSet(left)];
  return (path) =>
    exactly?.has(path) !== false && (inside?.has(path) ?? true) && !outside.has(path);
}

/** Returns the applies of a folder that finished and were not taken back, the last one last. */
export function appliesOf(runs: readonly Run[], { host, guest }: Folder): AppliedRun[] {
  const taken = new Set(runs.map(undoneApply));
  return runs.flatMap((run): AppliedRun[] => {
    const { cause, args } = run.start;
    if (cause !== "apply" || args[0] !== host || args[1] !== guest) return [];
    const counts =
      leftBy(run) !== undefined && undoneApply(run) === undefined && !taken.has(run.run);
    const [moment] = counts ? momentOf(run, { kind: "inner", path: "" }) : [];
    return moment === undefined ? [] : [{ run: run.run, moment }];
  });
}

/** Returns the paths of each undo of an apply, finished or interrupted, since the last apply that finished. */
export function pathsOfCutUndo(runs: readonly Run[], { host, guest }: Folder): readonly string[] {
  const applies = runs.filter(
    ({ start }) => start.cause === "apply" && start.args[0] === host && start.args[1] === guest,
  );
  const whole = applies.findLastIndex(({ end }) => end?.exit === 0);
  return applies
    .slice(whole + 1)
    .flatMap((run) => (undoneApply(run) === undefined ? [] : (onlyOf(run) ?? [])));
}

/** Returns the paths below a folder that were imported from elsewhere on the host. */
export function foreignIn(runs: readonly Run[], { host, guest }: Folder): string[] {
  const undone = undoneRuns(runs);
  return runs.flatMap(({ run, start }) => {
    const [from, to] = start.args;
    if (start.cause !== "import" || undone.has(run) || from === undefined || to === undefined)
      return [];
    const below = pathBelow(to, guest);
    return below === undefined || below === "" || from === `${host}/${below}` ? [] : [below];
  });
}

/** Returns for each of the guest's paths the folder or file that was imported to it last. */
export function placesOf(runs: readonly Run[]): ReadonlyMap<string, string> {
  const undone = undoneRuns(runs);
  return new Map(
    runs.flatMap(({ run, start }): [string, string][] => {
      const [from, to] = start.args;
      const isHere = start.cause === "import" && !undone.has(run);
      return isHere && from !== undefined && to !== undefined ? [[to, from]] : [];
    }),
  );
}

/** Returns every folder that was imported, unless that was undone, at its last known place; the last one last. */
export function foldersOf(runs: readonly Run[]): Folder[] {
  const undone = undoneRuns(runs);
  const found = new Map<string, Folder>();
  for (const { run, start } of runs) {
    const [host, guest] = start.args;
    if (undone.has(run) || host === undefined || guest === undefined) continue;
    const hasMoved = found.delete(`${wasOf(start)}\0${guest}`);
    if (start.cause !== "import" && !hasMoved) continue;
    const key = `${host}\0${guest}`;
    found.delete(key);
    found.set(key, { host, guest });
  }
  return [...found.values()];
}

/** Returns the guest's paths to which a folder, or a folder above it, was imported; the last one last. */
export function guestsOf(runs: readonly Run[], host: string): string[] {
  const found = new Set<string>();
  const above = new Set<string>();
  const undone = undoneRuns(runs);
  for (const { run, start } of runs) {
    const [from, to] = start.args;
    const brings = start.cause === "import" || wasOf(start) !== "";
    if (!brings || undone.has(run) || from === undefined || to === undefined) continue;
    const below = pathBelow(host, from);
    if (below === undefined) continue;
    const guests = below === "" ? found : above;
    const guest = below === "" ? to : joinPath(to, below);
    guests.delete(guest);
    guests.add(guest);
  }
  return [...(found.size > 0 ? found : above)];
}

/** Returns a path relative to another; "" for itself, undefined if it lies elsewhere. */
export function pathBelow(path: string, top: string): string | undefined {
  if (path === top) return "";
  const prefix = top.endsWith("/") ? top : `${top}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

export function joinPath(top: string, below: string): string {
  return top.endsWith("/") ? `${top}${below}` : `${top}/${below}`;
}

/** Tells if a path is one of `tops`, or lies below one. */
export function isIn(path: string, tops: readonly string[]): boolean {
  return tops.some((top) => pathBelow(path, top) !== undefined || top === "");
}

const wasFlag = "--was";

/** Returns the arguments that record a folder's place when it was imported, if it was another. */
export function wasWords({ was }: Folder): string[] {
  return was === undefined ? [] : [wasFlag, was];
}

/**
 * Returns the former place of a folder that was never imported from its present one; `isGone` tells if a place is
 * empty.
 */
export function movedFrom(
  runs: readonly Run[],
  { host, guest }: Folder,
  isGone: (host: string) => boolean,
): string | undefined {
  const undone = undoneRuns(runs);
  const imports = runs.filter(
    ({ run, start }) => start.cause === "import" && start.args[1] === guest && !undone.has(run),
  );
  const from = imports.at(-1)?.start.args[0];
  const isKnown = imports.some(({ start }) => start.args[0] === host);
  return isKnown || from === undefined || !isGone(from) ? undefined : from;
}

/** Returns the place that a run moved its folder from; nothing where it did not. */
export function formerPlace(runs: readonly Run[], number: RunNumber): Pick<Folder, "was"> {
  const run = runs.find((one) => one.run === number);
  const was = run === undefined ? "" : wasOf(run.start);
  return was === "" ? {} : { was };
}

function wasOf({ cause, args }: Run["start"]): string {
  const tells = (cause === "apply" || cause === "import") && args[2] === wasFlag;
  return tells ? (args[3] ?? "") : "";
}

function undoneRuns(runs: readonly Run[]): ReadonlySet<RunNumber> {
  const undone = new Set<RunNumber>();
  const partsBy = new Map(stepsOf(runs).map(({ run, parts }) => [run.run, parts]));
  for (const run of runs) {
    const { start, end } = run;
    if (end?.exit !== 0) continue;
    const number = Number(start.args[0]) as RunNumber;
    for (const { run: part } of partsBy.get(number) ?? [{ run: number }]) {
      if (start.cause === "undo") undone.add(part);
      else if (start.cause === "redo") undone.delete(part);
    }
  }
  return undone;
}

/** Returns the folder, at its place now and its places before. */
function movesOf(runs: readonly Run[], folder: Folder): Folder[] {
  const { guest, was: given } = folder;
  const places: Folder[] = [folder, ...(given === undefined ? [] : [{ host: given, guest }])];
  for (const { start } of runs.toReversed()) {
    const was = wasOf(start);
    const [host, guest] = start.args;
    const isOne = places.some((one) => one.host === host && one.guest === guest);
    if (was === "" || !isOne || places.some((one) => one.host === was)) continue;
    places.push({ host: was, guest: folder.guest });
  }
  return places;
}

/** Relates a run's folder to another one: `inner` below it, `outer` above it, and the path between them. */
type Place = { readonly kind: "inner" | "outer"; readonly path: string };

function placeOf({ start }: Run, { host, guest }: Folder): Place | undefined {
  const [from, to] = start.args;
  const isOne = start.cause === "import" || start.cause === "apply";
  if (!isOne || from === undefined || to === undefined) return undefined;
  const inner = pathBelow(from, host);
  if (inner !== undefined && pathBelow(to, guest) === inner) return { kind: "inner", path: inner };
  const outer = pathBelow(host, from);
  return outer !== undefined && pathBelow(guest, to) === outer
    ? { kind: "outer", path: outer }
    : undefined;
}

function momentOf(run: Run, place: Place): Moment[] {
  const told = leftBy(run);
  const given = onlyOf(run);
  // An import of certain paths counts only if it finished.
  if (run.start.cause === "import" && given !== undefined && run.end?.exit !== 0) return [];
  if (isFresh(run) && run.end?.exit !== 0) return [];
  const kind = told === undefined ? "stopped" : "whole";
  const seq = kind === "stopped" ? run.first : run.last;
  const parts = partsAt(run, place);
  const base = { run: run.run, seq, kind, ...(parts === undefined ? {} : { parts }) } as const;
  const lists = { left: told ?? [], ...(given === undefined ? {} : { only: given }) };
  if (place.kind === "inner") {
    if (place.path === "") return [{ ...base, ...lists }];
    const here = (path: string) => (path === "" ? place.path : `${place.path}/${path}`);
    return [{ ...base, left: lists.left.map(here), only: (given ?? [""]).map(here) }];
  }
  if (isIn(place.path, lists.left)) return [];
  const within = (paths: readonly string[]) =>
    paths.flatMap((one) => pathBelow(one, place.path) ?? []);
  const left = within(lists.left);
  if (given === undefined || isIn(place.path, given)) return [{ ...base, left }];
  const only = within(given);
  return only.length === 0 ? [] : [{ ...base, left, only }];
}

function partsAt(run: Run, { kind, path }: Place): Parts | undefined {
  const told = partsOf(run);
  if (told.length === 0) return undefined;
  const here = (one: string) =>
    kind === "outer" ? pathBelow(one, path) : path === "" ? one : `${path}/${one}`;
  // They vanish when the run ends.
  const seq = (run.end === undefined ? run.last : run.last - 1) as Seq;
  return { run: run.run, seq, paths: told.map(here) };
}
