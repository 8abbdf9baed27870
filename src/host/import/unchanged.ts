import { readlinkSync } from "node:fs";

import { bytesOfText, type Ino } from "../../../journal/index.ts";
import { AsListed, type ListedEntries, entriesIn } from "../../fs/index.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { errnoOf } from "../disk/error.ts";
import type { HostStat } from "../disk/host-stat.ts";
import { clamp } from "../disk/times.ts";
import { type Look, Looks } from "../look/looks.ts";
import type { PackedStat } from "../look/packed-stats.ts";
import type { InState } from "../versions/alike.ts";
import { modeOnHost } from "../versions/modes.ts";
import { deepest } from "../versions/plan.ts";
import type { LeftOutFiles } from "./left-out.ts";
import type { Steps } from "./steps.ts";

/** A directory whose entries were looked at once; most are on the host and in the journal as they were listed. */
export interface SeenDirectory {
  /** Names of the host that need a closer look, in order. */
  readonly others: readonly string[];
  /** Names that only a state has. */
  readonly gone: readonly string[];
  /** Names that are not UTF-8, as well as they can be shown. */
  readonly unreadable: readonly string[];
  /** Counts all entries, at any depth, that are as they were: no more is done about them. */
  readonly same: Same;
}

export interface Same {
  files: number;
  directories: number;
  symlinks: number;
}

export interface Unchanging {
  /** The states that decide about the folder: what both sides agreed on, and what is now. */
  readonly states: readonly InState[];
  readonly leftOut: LeftOutFiles;
  /** Tells if these states decide about a path below the folder, and nothing else does. */
  readonly decides: (path: string) => boolean;
}

/** A directory of the host that is to be compared with a list. */
interface Waiting {
  readonly host: HostDirectory;
  readonly look: Look;
  /** The path below the folder; "" for the folder itself. */
  readonly path: string;
  readonly depth: number;
  readonly list: ListedEntries;
  /** The directory that it is in, its name there, and if it is itself as it was listed. */
  readonly within?: { readonly above: Waiting; readonly name: string; readonly isSame: boolean };
  /** Names that some state may have beyond the list; undefined where all are as listed. */
  readonly names?: ReadonlySet<string>;
  readonly seen: { others: string[]; gone: string[]; unreadable: string[]; same: Same };
}

/**
 * Finds what of a folder is on the host, in the journal, and was when both last agreed, as it was listed. Looks at each
 * entry once, and reads nothing.
 */
export class Unchanged {
  /** By path below the folder; what is not here is unchanged as a whole, or was not looked at. */
  readonly seen = new Map<string, SeenDirectory>();
  readonly #sides: Unchanging;
  readonly #listed: AsListed;

  constructor(sides: Unchanging) {
    this.#sides = sides;
    this.#listed = new AsListed(sides.states.map(({ tree }) => tree));
  }

  /** Looks at a directory, `states` of it, and at all in it that is as it was listed, and keeps what it saw. */
  *look(host: HostDirectory, path: string, states: readonly InState[], depth: number): Steps<void> {
    const ino = inoIn(states);
    const list = ino === undefined ? undefined : this.#listed.in(ino);
    if (list === undefined) return;
    using looks = new Looks();
    const names = new Set(states.flatMap(namesIn));
    const waiting = [this.#waiting(looks, host, list, { path, depth, names })];
    for (const directory of waiting) {
      yield;
      this.#listed.refresh();
      this.#compare(directory, looks, waiting);
      if (directory.within !== undefined) directory.host.close();
    }
    for (const directory of waiting.toReversed()) this.#settle(directory);
  }

  #waiting(
    looks: Looks,
    host: HostDirectory,
    list: ListedEntries,
    rest: Pick<Waiting, "path" | "depth" | "within" | "names">,
  ): Waiting {
    const self = host.statSelf();
    const { names, unreadable } = host.list();
    const same = { files: 0, directories: 0, symlinks: 0 };
    const look = looks.ask(host.real, self, names);
    return { host, look, list, ...rest, seen: { others: [], gone: [], unreadable, same } };
  }

  /** Goes through the names of host and list, which are in the same order. */
  #compare(directory: Waiting, looks: Looks, waiting: Waiting[]): void {
    const { list, seen } = directory;
    const { listing, end } = list;
    const left = directory.names === undefined ? undefined : new Set(directory.names);
    const on = looks.take(directory.look, directory.host);
    let at = list.start;
    const pass = (): void => {
      const name = listing.name(at++);
      if (left === undefined) seen.gone.push(name);
    };
    for (const [index, name] of on.names.entries()) {
      left?.delete(name);
      let order = -1;
      while (at < end && (order = listing.compareName(at, name)) < 0) pass();
      const isListed = at < end && order === 0;
      if (!isListed || !this.#isSame(directory, name, at, () => on.at(index), looks, waiting))
        seen.others.push(name);
      if (isListed) at += 1;
    }
    while (at < end) pass();
    if (left !== undefined) seen.gone.push(...left);
  }

  /** Counts an entry that is as it was; of a directory, waits for what is in it. */
  #isSame(
    directory: Waiting,
    name: string,
    index: number,
    statOf: () => PackedStat | undefined,
    looks: Looks,
    waiting: Waiting[],
  ): boolean {
    const { host, path: above, list, seen } = directory;
    const path = above === "" ? name : `${above}/${name}`;
    if (!this.#listed.has(list.origin, index) || !this.#sides.decides(path)) return false;
    try {
      const stat = statOf();
      if (stat === undefined) return false;
      const leaves = this.#sides.leftOut.ofUnchanged(host, { name, path, stat });
      if (leaves !== undefined) return false;
      if (stat.isDirectory())
        return this.#directory(directory, { name, path, index }, looks, waiting);
      if (!isAsListed(list, index, host, name, stat)) return false;
      seen.same[stat.isFile() ? "files" : "symlinks"] += 1;
      return true;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  }

  #directory(
    above: Waiting,
    { name, path, index }: { readonly name: string; readonly path: string; readonly index: number },
    looks: Looks,
    waiting: Waiting[],
  ): boolean {
    const { origin, listing } = above.list;
    const depth = above.depth + 1;
    const entry = listing.entry(index);
    if (entry.type !== "directory" || depth > deepest) return false;
    const start = listing.firstIn(index);
    const list = { origin, listing, start, end: start + entry.children };
    const host = above.host.child(name);
    const self = host.statSelf();
    const isSame = modeOnHost(self).mode === entry.mode && clamp(self.mtimeNs) === entry.mtime;
    try {
      const within = { above, name, isSame };
      waiting.push(this.#waiting(looks, host, list, { path, depth, within }));
    } finally {
      // Many may wait at once, more than can be open.
      host.rest(self);
    }
    return true;
  }

  /** Tells the directory above of one that is wholly as it was; keeps the others. */
  #settle({ path, seen, within }: Waiting): void {
    const { others, gone, unreadable, same } = seen;
    const isSame = others.length + gone.length + unreadable.length === 0;
    if (within !== undefined && within.isSame && isSame) {
      const total = within.above.seen.same;
      total.files += same.files;
      total.directories += same.directories + 1;
      total.symlinks += same.symlinks;
      return;
    }
    within?.above.seen.others.push(within.name);
    this.seen.set(path, { ...seen, others: others.sort(), gone: gone.sort() });
  }
}

/** Returns the number that a directory has in all states; undefined if it is not one. */
function inoIn(states: readonly InState[]): Ino | undefined {
  const [first] = states;
  const ino = first?.inode?.ino;
  const isOne = states.every(({ inode }) => inode?.type === "directory" && inode.ino === ino);
  return isOne ? ino : undefined;
}

function namesIn({ inode }: InState): string[] {
  return inode?.type === "directory" ? Array.from(entriesIn(inode.entries), ([name]) => name) : [];
}

function isAsListed(
  { listing }: ListedEntries,
  index: number,
  host: HostDirectory,
  name: string,
  stat: PackedStat & HostStat,
): boolean {
  const target = listing.target(index);
  if (stat.isFile()) {
    const { bytes, start } = stat.listed;
    const { mode } = modeOnHost(stat);
    return listing.isFile(target, { mode, size: stat.size }, bytes, start);
  }
  if (!stat.isSymbolicLink()) return false;
  const entry = listing.entry(target);
  if (entry.type !== "symlink" || entry.mtime !== stat.mtimeNs) return false;
  return readlinkSync(host.at(name), { encoding: "buffer" }).equals(bytesOfText(entry.target));
}
