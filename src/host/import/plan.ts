import type { Name } from "../../../journal/index.ts";
import { type Inode, hasOtherMode, modeOf } from "../../fs/index.ts";
import type { ReadTape } from "../../history/index.ts";
import { type Side, changedSides, deepest, holdsSame, nothingThere } from "../versions/plan.ts";
import { isSameOnHost, typeOf } from "../versions/compare.ts";
import { modeOnHost } from "../versions/modes.ts";
import type { HostDirectory } from "../disk/directory.ts";
import type { HostStat } from "../disk/host-stat.ts";
import { type Skip, errnoOf, reasonOf as reasonOfError } from "../disk/error.ts";
import { sameTime } from "../disk/times.ts";
import { lookAtAll } from "../look/looks.ts";
import type { InState } from "../versions/alike.ts";
import type { LeftOutFiles } from "./left-out.ts";
import { holdsElsewhere } from "./spared.ts";
import type { Steps } from "./steps.ts";
import { type SeenDirectory, Unchanged } from "./unchanged.ts";

/** Decides what an import does with existing entries; all paths are below the folder. */
export interface ImportPlan {
  /** Paths that are not touched, nor anything below them. */
  readonly stays: ReadonlySet<string>;
  /** Paths to remove: the host lost them, and nobody else changed them. */
  readonly gone: ReadonlySet<string>;
  /** Paths that will differ between both sides afterwards, with everything below them. */
  readonly left: readonly string[];
  /** Those of these paths that no option brings in. */
  readonly leftOut: ReadonlySet<string>;
  /** Those of these paths that could not be compared, and stay as they are, with the reasons. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Paths that both sides changed, each in its own way. */
  readonly conflicts: readonly Skip[];
  /** Those of these paths of which the program changed only the mode: a merge settles them. */
  readonly modes: readonly string[];
  /** True if anything comes from the host. */
  readonly takes: boolean;
  /** Directories of which most entries are unchanged; these are not looked at again. */
  readonly seen: ReadonlyMap<string, SeenDirectory>;
}

export interface ThreeSides {
  readonly host: HostDirectory;
  /** The folder as both sides last agreed on it. */
  readonly common: Side;
  /** The folder in the filesystem now. */
  readonly now: Side;
  readonly readTape: ReadTape;
  readonly leftOut: LeftOutFiles;
  /** Paths that were imported from elsewhere. */
  readonly foreign: readonly string[];
  /** Tells if an inode here cannot go: something was imported there, or below it, from elsewhere. */
  readonly isSpared: (inode: Inode | undefined) => boolean;
}

/** Compares the host, the filesystem, and the state on which both last agreed. Changes nothing. */
export function* planImport(sides: ThreeSides): Steps<ImportPlan> {
  const { host, common, now } = sides;
  const planner = new Planner(sides);
  const found = yield* planner.directory(host, common, now, "", 0);
  const { stays, gone, leftOut, unreadable, modes, seen } = planner;
  return { ...found, stays, gone, leftOut, unreadable, modes, seen };
}

/** The result for a path and everything below it. */
interface Found {
  readonly left: readonly string[];
  readonly conflicts: readonly Skip[];
  /** True if anything of it comes from the host. */
  readonly takes: boolean;
  /** True if anything stays that the host does not have. */
  readonly keeps: boolean;
}

const nothingFound: Found = { left: [], conflicts: [], takes: false, keeps: false };

class Planner {
  readonly stays = new Set<string>();
  readonly gone = new Set<string>();
  readonly leftOut = new Set<string>();
  readonly unreadable = new Map<string, string>();
  readonly modes: string[] = [];
  readonly #sides: ThreeSides;
  readonly #foreign: ReadonlySet<string>;
  readonly #unchanged: Unchanged | undefined;

  constructor(sides: ThreeSides) {
    this.#sides = sides;
    this.#foreign = new Set(sides.foreign);
    const { common, now, leftOut } = sides;
    const states = statesOf(common, now);
    const decides = (path: string) => !this.#foreign.has(path) && common.decides?.(path) === true;
    this.#unchanged = states && new Unchanged({ states, leftOut, decides });
  }

  get seen(): ReadonlyMap<string, SeenDirectory> {
    return this.#unchanged?.seen ?? new Map();
  }

  *directory(
    host: HostDirectory | undefined,
    common: Side,
    now: Side,
    path: string,
    depth: number,
  ): Steps<Found> {
    if (depth > deepest) return nothingFound;
    const known =
      host === undefined ? undefined : yield* this.#lookAt(host, common, now, path, depth);
    const [was, is] =
      known === undefined
        ? [common.entries(`/${path}`), now.entries(`/${path}`)]
        : [someOf(common, known), someOf(now, known)];
    const names = known?.others ?? host?.list().names ?? [];
    const seen = host === undefined ? undefined : lookAtAll(host, names);
    const there = new Set<string>(names);
    const found: Found[] = [];
    let next = 0;
    // The host's names come first, in their order.
    for (const name of new Set([...there, ...was.keys(), ...is.keys()])) {
      const index = next++;
      const below = path === "" ? name : `${path}/${name}`;
      const [left, right] = [was.get(name as Name), is.get(name as Name)];
      if (this.#foreign.has(below)) {
        this.stays.add(below);
        if (right !== undefined) found.push({ ...nothingFound, keeps: true });
        continue;
      }
      const holder = there.has(name) ? host : undefined;
      try {
        const stat = holder === undefined ? undefined : seen?.at(index);
        const isLeftOut =
          holder !== undefined &&
          stat !== undefined &&
          this.#sides.leftOut.of(holder, { name, path: below, stat }) !== undefined;
        if (isLeftOut) {
          // Nothing is recorded of it: the record of an earlier import or apply remains valid.
          if (left === undefined && right === undefined) continue;
          this.leftOut.add(below);
          found.push({ ...nothingFound, left: [below], keeps: right !== undefined });
        } else
          found.push(
            yield* this.#entry(
              holder,
              name,
              stat,
              left ?? nothingThere,
              right ?? nothingThere,
              below,
              depth,
            ),
          );
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === undefined) throw error;
        // Of a path that is new, the import itself will report the error.
        if (left === undefined && right === undefined)
          found.push({ ...nothingFound, left: [below], takes: true });
        else {
          // It may be another by the time it is copied, and nobody has looked at what it would replace.
          this.unreadable.set(below, reasonToStay(errno));
          found.push(this.#keep(below));
        }
      }
    }
    return joined(found);
  }

  /** Returns what was seen of a directory of which most is unchanged; undefined if that cannot be told quickly. */
  *#lookAt(
    host: HostDirectory,
    common: Side,
    now: Side,
    path: string,
    depth: number,
  ): Steps<SeenDirectory | undefined> {
    const unchanged = this.#unchanged;
    const states = statesOf(common, now);
    if (states === undefined || unchanged === undefined) return undefined;
    if (!unchanged.seen.has(path)) yield* unchanged.look(host, path, states, depth);
    return unchanged.seen.get(path);
  }

  /** `stat` is what was seen of the host's entry. */
  *#entry(
    host: HostDirectory | undefined,
    name: string,
    stat: HostStat | undefined,
    common: Side,
    now: Side,
    path: string,
    depth: number,
  ): Steps<Found> {
    yield;
    const type = typeOf(stat);
    const types = [type, common.inode?.type ?? "nothing", now.inode?.type ?? "nothing"];
    if (!types.includes("directory"))
      return this.#leaf(host, name, stat, common.inode, now.inode, path);
    if (types.some((one) => one !== "directory" && one !== "nothing"))
      return this.#mixed(host, name, stat, common, now, path);
    const child = type === "directory" ? host?.child(name) : undefined;
    try {
      const inside = yield* this.directory(child, common, now, path, depth + 1);
      return this.#directoryItself({ child, common, now, path }, inside);
    } finally {
      child?.close();
    }
  }

  #directoryItself(
    {
      child,
      common,
      now,
      path,
    }: { child: HostDirectory | undefined; common: Side; now: Side; path: string },
    inside: Found,
  ): Found {
    if (child === undefined) {
      if (now.inode === undefined) return inside;
      if (common.inode === undefined) return this.#keep(path);
      if (inside.keeps) return inside;
      if (this.#sides.isSpared(now.inode)) return { ...inside, keeps: true };
      this.gone.add(path);
      return { ...inside, takes: true };
    }
    // It exists here, or only the host made it.
    if (now.inode !== undefined || common.inode === undefined)
      return { ...inside, takes: inside.takes || now.inode === undefined };
    // It was removed here: it comes back if something new is in it.
    return inside.takes ? inside : { ...this.#keep(path), conflicts: inside.conflicts };
  }

  #leaf(
    host: HostDirectory | undefined,
    name: string,
    stat: HostStat | undefined,
    common: Inode | undefined,
    now: Inode | undefined,
    path: string,
  ): Found {
    const isNow = this.#isOnHost(host, name, stat, now);
    if (isNow) {
      const touched =
        now !== undefined &&
        common !== undefined &&
        holdsSame(common, now, this.#sides.readTape) &&
        (hasOtherMode(common, now) ||
          (now.mtime !== common.mtime && sameTime(stat?.mtimeNs ?? 0n, common.mtime)));
      return touched ? this.#keep(path) : nothingFound;
    }
    if (isSame(common, now, this.#sides.readTape)) {
      if (host === undefined) this.gone.add(path);
      else if (hasOwnMode(common, now, stat)) {
        this.modes.push(path);
        return this.#conflict(path, "was given a mode by the program, and changed on this machine");
      }
      return { ...nothingFound, takes: true };
    }
    if (this.#isOnHost(host, name, stat, common)) return this.#keep(path);
    return this.#conflict(path, reasonOf(host === undefined, now));
  }

  /** Decides for a directory against something else: all of it goes one way. */
  #mixed(
    host: HostDirectory | undefined,
    name: string,
    stat: HostStat | undefined,
    common: Side,
    now: Side,
    path: string,
  ): Found {
    const { readTape } = this.#sides;
    const changed =
      isSame(common.inode, now.inode, readTape) &&
      changedSides(common, now, { readTape }).every(({ change }) => change === "times");
    if (changed) {
      if (this.#sides.isSpared(now.inode)) return this.#conflict(path, holdsElsewhere);
      if (host === undefined) this.#goes(now, path);
      return { ...nothingFound, takes: true };
    }
    if (this.#isAllOnHost(host, name, stat, now)) return nothingFound;
    if (this.#isAllOnHost(host, name, stat, common)) return this.#keep(path);
    return this.#conflict(path, reasonOf(host === undefined, now.inode));
  }

  #goes(now: Side, path: string): void {
    this.gone.add(path);
    for (const [name, side] of now.entries(`/${path}`)) this.#goes(side, `${path}/${name}`);
  }

  #isOnHost(
    host: HostDirectory | undefined,
    name: string,
    stat: HostStat | undefined,
    inode: Inode | undefined,
  ): boolean {
    if (host === undefined || inode === undefined) return host === undefined && inode === undefined;
    return isSameOnHost(host, name, inode, this.#sides.readTape, stat);
  }

  #isAllOnHost(
    host: HostDirectory | undefined,
    name: string,
    stat: HostStat | undefined,
    side: Side,
  ): boolean {
    if (!this.#isOnHost(host, name, stat, side.inode)) return false;
    if (host === undefined || side.inode?.type !== "directory") return true;
    using child = host.child(name);
    const entries = [...side.entries("/")];
    return (
      child.list().names.length === entries.length &&
      entries.every(
        ([one, inner]) => child.has(one) && this.#isAllOnHost(child, one, child.stat(one), inner),
      )
    );
  }

  #keep(path: string): Found {
    this.stays.add(path);
    return { left: [path], conflicts: [], takes: false, keeps: true };
  }

  #conflict(path: string, reason: string): Found {
    return { ...this.#keep(path), conflicts: [{ path, reason }] };
  }
}

function statesOf(common: Side, now: Side): readonly InState[] | undefined {
  if (common.ownStates === undefined || now.ownStates === undefined) return undefined;
  return [...common.ownStates, ...now.ownStates];
}

function someOf(side: Side, { others, gone }: SeenDirectory): ReadonlyMap<Name, Side> {
  const found = new Map<Name, Side>();
  for (const name of [...others, ...gone] as Name[]) {
    const child = side.child?.(name);
    if (child !== undefined) found.set(name, child);
  }
  return found;
}

function joined(found: readonly Found[]): Found {
  return {
    left: found.flatMap(({ left }) => left),
    conflicts: found.flatMap(({ conflicts }) => conflicts),
    takes: found.some(({ takes }) => takes),
    keeps: found.some(({ keeps }) => keeps),
  };
}

function isSame(one: Inode | undefined, other: Inode | undefined, readTape: ReadTape): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.type === other.type && holdsSame(one, other, readTape);
}

/** Tells if a program gave an inode a mode that the host's entry has not. */
function hasOwnMode(
  common: Inode | undefined,
  now: Inode | undefined,
  stat: HostStat | undefined,
): boolean {
  if (common === undefined || now === undefined || stat === undefined) return false;
  const { mode } = modeOnHost(stat);
  return hasOtherMode(common, now) && mode !== undefined && mode !== modeOf(now);
}

function reasonToStay(errno: string): string {
  return errno === "ELOOP" || errno === "ENOENT" || errno === "ENOTDIR"
    ? "it was changed while it was compared"
    : reasonOfError(errno);
}

function reasonOf(isGone: boolean, now: Inode | undefined): string {
  if (isGone) return "was changed by the program, and removed on this machine";
  return now === undefined
    ? "was removed by the program, and changed on this machine"
    : "was changed by the program, and on this machine";
}
