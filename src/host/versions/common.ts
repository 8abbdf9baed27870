import { lstatSync } from "node:fs";
import { join } from "node:path";

import type { Name, Run, RunNumber, Seq } from "../../../journal/index.ts";
import { type Inode, type Tree, childOf, emptyTree, inodeOf } from "../../fs/index.ts";
import {
  type History,
  type ReadTape,
  comparableTape,
  lookup,
  readdir,
} from "../../history/index.ts";
import { type ChangedEntry, type Side, changedSides } from "./plan.ts";
import type { InState } from "./alike.ts";
import { isSameOnHost } from "./compare.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { errnoOf } from "../disk/error.ts";
import { isWhole, neededMoments } from "./needed-moments.ts";
import { PathSet } from "./path-set.ts";
import {
  type AppliedRun,
  type Folder,
  type Moment,
  foreignIn,
  isIn,
  momentsOf,
  pathBelow,
  pathsOfCutUndo,
  tellsOf,
} from "./moments.ts";

/** One state, and the paths of a folder for which it holds what host and filesystem had in common. */
interface Layer {
  readonly tree: Tree;
  readonly top: Inode | undefined;
  readonly covers: (path: string) => boolean;
  /** Tells if earlier layers decide for paths below this one. */
  readonly leavesBelow: (path: string) => boolean;
  /** Files applied in part, by path: both sides have these, not the tree's. */
  readonly parts: ReadonlyMap<string, Inode>;
  /** The first state that it needs. */
  readonly first: Seq;
}

/** The last state on which a folder of the host and the filesystem agreed, path by path. */
export interface Common {
  readonly folder: Folder;
  /** The folder as it was then. */
  readonly side: LayeredSide;
  /** The last moment of agreement, which people are shown as "since". */
  readonly since: Seq;
  /** The first state that it is made of. */
  readonly first: Seq;
  /** Paths that were imported from elsewhere. */
  readonly foreign: readonly string[];
  /** The last apply that did not finish, if none finished since. */
  readonly stopped?: RunNumber;
  /** True if some of the states that it needs are folded. */
  readonly folded: boolean;
  /** Directories in which a stopped apply may have left a temporary file, by their paths; "" is the folder. */
  readonly worked: ReadonlySet<string>;
}

/**
 * Finds the state on which both sides last agreed from the journal's runs; undefined if the folder was never imported
 * there. Changes that a stopped apply brought to the host count as the host's own. If a gc folded unapplied changes on
 * request, nothing is known of them: then every difference is a conflict.
 */
export function commonOf(
  history: History,
  runs: readonly Run[],
  folder: Folder,
  host: HostDirectory | undefined,
): Common | undefined {
  const moments = neededMoments(momentsOf(runs, folder));
  const [last] = moments;
  if (last === undefined || !moments.some(isWhole)) return undefined;
  const isForgotten = runs.some(foldsUnapplied);
  const foreign = notOf(history, runs, folder);
  const readTape = comparableTape(history.journal);
  // Directories of stopped applies are added below.
  const worked = new Set(pathsOfCutUndo(runs, folder).map(directoryOf));
  let layers: Layer[] = [];
  for (const moment of moments.toReversed()) {
    const layer = layerOf(history, moment, folder.guest, isForgotten);
    if (moment.kind === "whole") layers = [layer, ...layers];
    else if (host !== undefined) {
      const whole = sideOf([{ ...layer, covers: () => true }], foreign);
      const changed = changedSides(sideOf(layers, foreign), whole, { readTape });
      const brought = new Set<string>();
      findBrought(host, changed, "", readTape, { brought, worked });
      layers = [{ ...layer, covers: (path) => brought.has(path) && layer.covers(path) }, ...layers];
    }
  }
  const stopped = moments[0]?.kind === "stopped" ? { stopped: last.run } : {};
  const seqs = layers.map((layer) => layer.first);
  const since = moments.find(isWhole)?.seq ?? last.seq;
  const first = seqs.reduce((one, other) => (one < other ? one : other), since);
  const folded = isForgotten && first < (history.journal.base()?.seq ?? 0);
  return {
    folder,
    side: sideOf(layers, foreign),
    since,
    first,
    foreign,
    worked,
    folded,
    ...stopped,
  };
}

/** Returns the directory of a path in the folder; "" is the folder. */
function directoryOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/**
 * Returns paths below a folder in the filesystem that do not belong to it: imported from elsewhere, or /tmp, which
 * guests have.
 */
export function notOf(history: History, runs: readonly Run[], folder: Folder): string[] {
  const isTemporary =
    folder.guest === "/" && !isOnHost(folder.host, temporary) && !isImported(history, temporary);
  return [...foreignIn(runs, folder), ...(isTemporary ? [temporary] : [])];
}

const temporary = "tmp";

/** Tells if an entry of the root came with an import, and is still the same. */
function isImported(history: History, name: string): boolean {
  const inode = lookup(history.at(history.journal.head()), `/${name}`);
  if (inode === undefined) return false;
  for (const { run } of history.journal.query({ ino: inode.ino }))
    return history.journal.run(run)?.start.cause === "import";
  return false;
}

/**
 * Tells if the host has an entry of that name, even a dangling link. A forged journal may hold a text that names no
 * folder.
 */
function isOnHost(folder: string, name: string): boolean {
  if (folder.includes("\0")) return false;
  try {
    return lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // The folder may be a file by now, or of no length that a system takes.
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

/** The argument that a gc records if it folds unapplied changes. */
export const foldsAll = "--all";

function foldsUnapplied({ start }: Run): boolean {
  return start.cause === "gc" && start.guest.endsWith(` ${foldsAll}`);
}

/** Returns a folder in a state, without paths that were imported from elsewhere. */
export function folderSide(tree: Tree, guest: string, foreign: readonly string[]): LayeredSide {
  const top = lookup(tree, guest);
  return sideOf([{ ...everywhere, tree, top }], foreign);
}

const everywhere = {
  covers: () => true,
  leavesBelow: () => false,
  parts: new Map<string, Inode>(),
  first: 0 as Seq,
};

/** Returns a folder as an apply left it on the host. */
export function appliedSide(
  history: History,
  { moment }: AppliedRun,
  { guest }: Folder,
  foreign: readonly string[],
): Side {
  const tree = history.at(moment.seq);
  const parts = partsOfMoment(history, moment);
  return sideOf([{ ...everywhere, tree, top: lookup(tree, guest), parts }], foreign);
}

function layerOf(history: History, moment: Moment, guest: string, isForgotten: boolean): Layer {
  const { seq, left } = moment;
  const base = history.journal.base()?.seq ?? (0 as Seq);
  // A gc stops where nothing was unapplied: its state says the same.
  const tree = seq >= base ? history.at(seq) : isForgotten ? emptyTree() : history.at(base);
  const covers = tellsOf(moment);
  const leftPaths = new PathSet(left);
  const leavesBelow = (path: string) => leftPaths.isBelow(path);
  const parts = partsOfMoment(history, moment);
  const first = moment.parts === undefined || moment.parts.seq > seq ? seq : moment.parts.seq;
  const partPaths = new Set(moment.kind === "stopped" ? moment.parts?.paths : []);
  const isLacking = (path: string) => partPaths.has(path) && !parts.has(path);
  return {
    tree,
    top: lookup(tree, guest),
    covers: (path) => covers(path) && !isLacking(path),
    leavesBelow,
    parts,
    first,
  };
}

/** Returns the files applied in part, if the journal still has them: each was made for that alone. */
function partsOfMoment(history: History, { parts }: Moment): Map<string, Inode> {
  const found = new Map<string, Inode>();
  const base = history.journal.base()?.seq ?? (0 as Seq);
  if (parts === undefined || parts.seq <= base) return found;
  const tree = history.at(parts.seq);
  const made = history.journal.query({ run: parts.run, kinds: new Set(["create"]) });
  const inos = Array.from(made, (event) => ("ino" in event ? event.ino : undefined));
  for (const [index, path] of parts.paths.entries()) {
    const ino = inos[index];
    const inode = ino === undefined ? undefined : inodeOf(tree, ino);
    if (path !== undefined && inode?.type === "file") found.set(path, inode);
  }
  return found;
}

function sideOf(layers: readonly Layer[], foreign: readonly string[]): LayeredSide {
  return new LayeredSide(
    layers,
    layers.map(({ top }) => top),
    "",
    foreign,
  );
}

/** A directory, or another entry, as the first layer that covers its path has it. */
export class LayeredSide implements Side {
  readonly #layers: readonly Layer[];
  readonly #inodes: readonly (Inode | undefined)[];
  readonly #path: string;
  readonly #foreign: readonly string[];

  constructor(
    layers: readonly Layer[],
    inodes: readonly (Inode | undefined)[],
    path: string,
    foreign: readonly string[],
  ) {
    this.#layers = layers;
    this.#inodes = inodes;
    this.#path = path;
    this.#foreign = foreign;
  }

  get inode(): Inode | undefined {
    const at = this.#layers.findIndex(({ covers }) => covers(this.#path));
    const found = this.#inodes[at];
    if (found?.type === "directory" || this.#layers[at]?.leavesBelow(this.#path) !== true)
      return found;
    // The rest of a removed directory stands in the directory as it was.
    const older = this.#inodes.find((inode, index) => index > at && inode?.type === "directory");
    return older ?? found;
  }

  get states(): readonly InState[] | undefined {
    return this.#foreign.some((path) => isIn(path, [this.#path])) ? undefined : this.ownStates;
  }

  get ownStates(): readonly InState[] | undefined {
    if (this.#layers.some(({ parts }) => parts.size > 0)) return undefined;
    return this.#layers.map(({ tree }, index) => ({ tree, inode: this.#inodes[index] }));
  }

  decides(path: string): boolean {
    return this.#layers.some(({ covers }) => covers(path));
  }

  entries(): Map<Name, Side> {
    const sides = new Map<Name, Side>();
    for (const [index, { tree }] of this.#layers.entries()) {
      const inode = this.#inodes[index];
      if (inode?.type !== "directory") continue;
      for (const { name } of readdir(tree, inode)) {
        if (sides.has(name)) continue;
        const side = this.child(name);
        if (side !== undefined) sides.set(name, side);
      }
    }
    return sides;
  }

  /** Returns one entry without going through the others. */
  child(name: Name): LayeredSide | undefined {
    const path = this.#path === "" ? name : `${this.#path}/${name}`;
    const inodes = this.#layers.map(({ tree, parts }, index) => {
      const inode = this.#inodes[index];
      const ino = inode?.type === "directory" ? childOf(tree, inode.ino, name) : undefined;
      return parts.get(path) ?? (ino === undefined ? undefined : inodeOf(tree, ino));
    });
    const side = new LayeredSide(this.#layers, inodes, path, this.#foreign);
    return side.inode === undefined || isForeign(path, this.#foreign) ? undefined : side;
  }
}

function isForeign(path: string, foreign: readonly string[]): boolean {
  return foreign.some((top) => pathBelow(path, top) !== undefined);
}

/** Finds which changes of a stopped apply the host has by now. */
function findBrought(
  host: HostDirectory,
  changed: readonly ChangedEntry[],
  above: string,
  readTape: ReadTape,
  found: { readonly brought: Set<string>; readonly worked: Set<string> },
): void {
  found.worked.add(above);
  const present = new Set(host.list().names);
  for (const { name, before, after, entries } of changed) {
    const path = above === "" ? name : `${above}/${name}`;
    try {
      const has = (inode: Inode | undefined) =>
        inode === undefined
          ? !present.has(name)
          : present.has(name) && isSameOnHost(host, name, inode, readTape);
      if (has(after) && !has(before)) found.brought.add(path);
      if (!present.has(name) || entries.length === 0 || host.stat(name)?.isDirectory() !== true) {
        // A directory that is gone took everything with it that was to go.
        if (!present.has(name) && after === undefined) addAll(entries, path, found.brought);
        continue;
      }
      using child = host.child(name);
      findBrought(child, entries, path, readTape, found);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
}

function addAll(entries: readonly ChangedEntry[], above: string, brought: Set<string>): void {
  for (const { name, entries: inside } of entries) {
    brought.add(`${above}/${name}`);
    addAll(inside, `${above}/${name}`, brought);
  }
}
