import type { Run, RunNumber, Seq } from "../../../journal/index.ts";
import { isForApply, leftBy, onlyOf, partsOf } from "./left.ts";

/** A folder of the host, by its real path, and the absolute path that it has in the filesystem. */
export interface Folder {
  readonly host: string;
  readonly guest: string;
  /** Where the folder stood when it was imported, if not where it stands now. */
  readonly was?: string;
}

/** A run after which the host and the filesystem had the same, at the paths that it tells of. */
export interface Moment {
  readonly run: RunNumber;
  /** The state just after this event tells what both had. */
  readonly seq: Seq;
  /** Where given, only what is at and below these paths of the folder. */
  readonly only?: readonly string[];
  /** Not what is at and below these. */
  readonly left: readonly string[];
  /** Where given, only these paths, of which an apply that was taken back tells: the host has what it had before. */
  readonly within?: readonly string[];
  /** Where given, the files of which an apply took a part. */
  readonly parts?: Parts;
  /** "stopped": an apply that did not come to its end. The host has some of what that state has. */
  readonly kind: "whole" | "stopped";
}

/** Files of which a part was applied, in the state just after an event: they have no name there. */
export interface Parts {
  readonly run: RunNumber;
  readonly seq: Seq;
  /** In the order in which the run made them; undefined for what lies beside the folder. */
  readonly paths: readonly (string | undefined)[];
}

/** An apply that was made of a folder, and what became of it. */
export interface AppliedRun {
  readonly run: RunNumber;
  /** What it left both sides with. */
  readonly moment: Moment;
}

/** The moments of one folder, the first one first. Imports that were undone do not count. */
export function momentsOf(runs: readonly Run[], folder: Folder): Moment[] {
  return momentsIn(runs, folder, new Map());
}

/** `known` has the moments before each apply that was found to be taken back, for all that ask for them again. */
function momentsIn(
  runs: readonly Run[],
  folder: Folder,
  known: Map<RunNumber, readonly Moment[]>,
): Moment[] {
  const undone = undoneRuns(runs);
  const moved = movesOf(runs, folder);
  return runs.flatMap((run): Moment[] => {
    if (undone.has(run.run)) return [];
    const place = moved.flatMap((one) => placeOf(run, one) ?? [])[0];
    if (place === undefined) return [];
    const taken = undoOf(run);
    if (taken === undefined) return momentOf(run, place);
    const earlier = beforeSettling(runs, taken);
    const before = known.get(taken) ?? momentsIn(earlier, folder, known);
    known.set(taken, before);
    return momentsAgain(before, onlyOf(run) ?? []);
  });
}

/**
 * The runs before an apply, without those by which conflicts were settled for it, just before: who takes the apply back
 * has the conflicts back.
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
 * What an apply that took another back tells: what was common before that. Each path is told by the last moment that
 * tells of it, and by no other: whoever goes back and forth has few moments all the same.
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

/** Whether a moment tells of a path of the folder. */
export function tellsOf({ only, within, left }: Moment): (path: string) => boolean {
  const exactly = within === undefined ? undefined : new Set(within);
  return (path) =>
    exactly?.has(path) !== false && (only === undefined || isIn(path, only)) && !isIn(path, left);
}

/** The applies of a folder that came to their end and were not taken back, the last one last. */
export function appliesOf(runs: readonly Run[], { host, guest }: Folder): AppliedRun[] {
  const taken = new Set(runs.map(undoOf));
  return runs.flatMap((run): AppliedRun[] => {
    const { cause, args } = run.start;
    if (cause !== "apply" || args[0] !== host || args[1] !== guest) return [];
    const counts = leftBy(run) !== undefined && undoOf(run) === undefined && !taken.has(run.run);
    const [moment] = counts ? momentOf(run, { kind: "inner", path: "" }) : [];
    return moment === undefined ? [] : [{ run: run.run, moment }];
  });
}

/** The paths of each apply that was to be taken back and was cut off in that, if no apply came to its end since. */
export function pathsOfCutUndo(runs: readonly Run[], { host, guest }: Folder): readonly string[] {
  const applies = runs.filter(
    ({ start }) => start.cause === "apply" && start.args[0] === host && start.args[1] === guest,
  );
  const whole = applies.findLastIndex(({ end }) => end?.exit === 0);
  return applies
    .slice(whole + 1)
    .flatMap((run) => (undoOf(run) === undefined ? [] : (onlyOf(run) ?? [])));
}

/** The paths below a folder that hold what was imported from elsewhere on the host. */
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

/** Every folder that was imported, and not taken back; the last one last. */
export function foldersOf(runs: readonly Run[]): Folder[] {
  const undone = undoneRuns(runs);
  const found = new Map<string, Folder>();
  for (const { run, start } of runs) {
    const [host, guest] = start.args;
    if (start.cause !== "import" || undone.has(run)) continue;
    if (host === undefined || guest === undefined) continue;
    const key = `${host}\0${guest}`;
    found.delete(key);
    found.set(key, { host, guest });
  }
  return [...found.values()];
}

/** The guest's paths that a folder was imported to, or that a folder above it was; the last one last. */
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

/** Where a path lies below another; "" for itself, undefined where it does not. */
export function pathBelow(path: string, top: string): string | undefined {
  if (path === top) return "";
  const prefix = top.endsWith("/") ? top : `${top}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

export function joinPath(top: string, below: string): string {
  return top.endsWith("/") ? `${top}${below}` : `${top}/${below}`;
}

/** Tells whether a path is one of those, or lies below one. */
export function isIn(path: string, tops: readonly string[]): boolean {
  return tops.some((top) => pathBelow(path, top) !== undefined || top === "");
}

const wasFlag = "--was";
const undoFlag = "--undo";

/** The words of a run on a folder that stood elsewhere when it was imported. */
export function wasWords({ was }: Folder): string[] {
  return was === undefined ? [] : [wasFlag, was];
}

/** Where a folder may have stood before, which was never imported from where it stands now: `isGone` tells of others. */
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

/** The words of an apply that takes another one back. */
export function undoWords(run: RunNumber): string[] {
  return [undoFlag, String(run)];
}

function wasOf({ cause, args }: Run["start"]): string {
  const tells = (cause === "apply" || cause === "import") && args[2] === wasFlag;
  return tells ? (args[3] ?? "") : "";
}

function undoOf({ start }: Run): RunNumber | undefined {
  const { cause, args } = start;
  const at = args.indexOf(undoFlag, 2);
  const number = Number(args[at + 1]);
  // What stands behind the flags are paths, which may be named so.
  return cause === "apply" && (at === 2 || at === 4) && number > 0
    ? (number as RunNumber)
    : undefined;
}

function undoneRuns(runs: readonly Run[]): ReadonlySet<RunNumber> {
  const undone = new Set<RunNumber>();
  for (const run of runs) {
    const { start, end } = run;
    if (end?.exit !== 0) continue;
    const number = Number(start.args[0]) as RunNumber;
    if (start.cause === "undo") undone.add(number);
    else if (start.cause === "redo") undone.delete(number);
  }
  return undone;
}

/** The folder, and where it stood before. */
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

/** What part of a folder a run is about: the path of its own folder below it, or of it below the run's. */
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
  // What was to be recorded as a whole counts when it was.
  if (run.start.cause === "import" && given !== undefined && run.end?.exit !== 0) return [];
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
  // They go when the run ends.
  const seq = (run.end === undefined ? run.last : run.last - 1) as Seq;
  return { run: run.run, seq, paths: told.map(here) };
}
