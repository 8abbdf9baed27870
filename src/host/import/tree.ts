import { isUtf8 } from "node:buffer";
import { type BigIntStats, readlinkSync } from "node:fs";

import type { Ino, Name } from "../../../journal/index.ts";
import {
  type FileSystem,
  FsError,
  type Inode,
  childOf,
  entriesIn,
  utf8Length,
} from "../../fs/index.ts";
import { isAsListed } from "../versions/compare.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { HostError, reasonOf } from "../disk/error.ts";
import type { ImportOptions } from "./options.ts";
import { FileCopier } from "./import-file.ts";
import { kindOf } from "./kind.ts";
import type { LeftOutFiles } from "./left-out.ts";
import { HostLinks } from "./links.ts";
import { modeOnHost, setModeAsOnHost } from "../versions/modes.ts";
import type { ImportPlan } from "./plan.ts";
import { reasonToSkip } from "./reason-to-skip.ts";
import { Removal } from "./removal.ts";
import { setTimesAsOnHost } from "./set-times.ts";
import { type Spared, holdsElsewhere } from "./spared.ts";
import type { Steps } from "./steps.ts";
import { type Change, Tally } from "./tally.ts";

type Plan = Pick<ImportPlan, "stays" | "gone" | "seen" | "unreadable">;

/** Says what an import does with which entries. */
export interface ImportWay {
  /** Without a plan everything comes in, and the options decide about entries that the host lacks. */
  readonly plan: Plan | undefined;
  readonly leftOut: LeftOutFiles;
  readonly spared: Spared;
}

/** Copies the entries of a host directory into a directory of the filesystem; see `importDirectory`. */
export class Importer {
  /** Counts of the work done so far. */
  readonly tally: Tally;
  readonly #fs: FileSystem;
  readonly #options: ImportOptions;
  readonly #copier: FileCopier;
  readonly #links = new HostLinks();
  readonly #leftOut: LeftOutFiles;
  readonly #plan: Plan | undefined;
  readonly #spared: Spared;
  readonly #removal: Removal;
  /** Names from the folder down to the current entry. */
  readonly #at: string[] = [];

  constructor(fs: FileSystem, options: ImportOptions, { plan, leftOut, spared }: ImportWay) {
    this.#fs = fs;
    this.#plan = plan;
    this.#options = options;
    this.#leftOut = leftOut;
    this.#spared = spared;
    this.tally = new Tally(options);
    this.#removal = new Removal(fs, this.tally, spared);
    this.#copier = new FileCopier(fs, options.copies ?? "shared", (bytes) => {
      this.tally.counts.bytes += bytes;
      this.tally.report();
    });
  }

  /** Imports the directory itself as `name` of `parent`; without a name it becomes `parent`. */
  *root(host: HostDirectory, parent: Ino, name: Name | undefined): Steps<void> {
    const stat = host.statSelf();
    if (name === undefined)
      return yield* this.#fill(host, parent, stat, this.#isNew(parent) ? "added" : "unchanged");
    const place = this.#makeDirectory(host.shown, stat, parent, name);
    if (place !== undefined) yield* this.#fill(host, place.ino, stat, place.change);
  }

  /** Tells if a directory that was there before has nothing in it, and nothing was imported to it. */
  #isNew(ino: Ino): boolean {
    const inode = this.#fs.inode(ino);
    return this.#plan === undefined && inode?.type === "directory" && inode.size === 0;
  }

  /** Imports `hostName`, which the user named, as `name` of `parent`. */
  *named(host: HostDirectory, hostName: string, parent: Ino, name: Name | undefined): Steps<void> {
    yield* this.#entry(host, hostName, parent, name ?? (hostName as Name), "named");
  }

  /** Imports an entry; skips one that cannot be imported. */
  *#entry(
    host: HostDirectory,
    hostName: string,
    parent: Ino,
    name: Name,
    how: "named" | "among others",
  ): Steps<void> {
    const shown = host.show(hostName);
    yield;
    try {
      yield* this.#import(host, hostName, parent, name, how);
    } catch (error) {
      const reason = reasonToSkip(error, this.#fs.failure !== undefined);
      if (reason === undefined) throw error;
      this.tally.skip(shown, reason);
    }
    this.tally.report();
  }

  *#import(
    host: HostDirectory,
    hostName: string,
    parent: Ino,
    name: Name,
    how: "named" | "among others",
  ): Steps<void> {
    const stat = host.stat(hostName);
    if (stat === undefined) return this.tally.skip(host.show(hostName), reasonOf("ENOENT"));
    const entry = { name: hostName, path: this.#at.join("/"), stat };
    const leftOut =
      this.#leftOut.always(hostName, stat) ??
      (how === "named" ? undefined : this.#leftOut.among(host, entry));
    if (leftOut !== undefined) return this.tally.leaveOut(host, entry, leftOut);
    if (utf8Length(name) > this.#fs.limits["name-bytes"]) {
      throw new FsError("name-too-long", host.show(hostName), "name-bytes");
    }
    if (stat.isDirectory()) return yield* this.#importDirectory(host, hostName, parent, name);
    if (stat.isFile()) return yield* this.#importFile(host, hostName, stat, parent, name);
    if (stat.isSymbolicLink()) return this.#importSymlink(host, hostName, stat, parent, name);
    this.tally.skip(host.show(hostName), `it is ${kindOf(stat)}`);
  }

  *#importDirectory(host: HostDirectory, hostName: string, parent: Ino, name: Name): Steps<void> {
    // Taken before it is opened and listed: both may change its access time.
    using directory = host.child(hostName);
    const stat = directory.statSelf();
    const place = this.#makeDirectory(directory.shown, stat, parent, name);
    if (place !== undefined) yield* this.#fill(directory, place.ino, stat, place.change);
  }

  #makeDirectory(
    shown: string,
    stat: BigIntStats,
    parent: Ino,
    name: Name,
  ): { ino: Ino; change: Change } | undefined {
    const place = this.#placeFor(shown, parent, name, "directory");
    if (place === "taken") return undefined;
    if (place.existing !== undefined) return { ino: place.existing.ino, change: "unchanged" };
    return {
      ino: this.#make({ kind: "mkdir", parent, name, ...modeOnHost(stat) }),
      change: place.change,
    };
  }

  *#fill(host: HostDirectory, ino: Ino, stat: BigIntStats, change: Change): Steps<void> {
    const seen = this.#plan?.seen.get(this.#at.join("/"));
    if (seen !== undefined) this.tally.leave(seen.same);
    const { names, unreadable } =
      seen === undefined ? host.list() : { names: seen.others, unreadable: seen.unreadable };
    for (const name of unreadable) this.tally.skip(host.show(name), "its name is not UTF-8");
    let stays = false;
    for (const name of names) {
      const below = this.#below(name);
      const reason = this.#plan?.unreadable.get(below);
      if (reason !== undefined) this.tally.skip(host.show(name), reason);
      if (this.#plan?.stays.has(below) === true) stays = true;
      else yield* this.#inside(host, name, ino);
    }
    if (this.#plan !== undefined) stays = this.#removeGone(ino, names, seen?.gone) || stays;
    else if (this.#options.extra === "delete") this.#removal.others(ino, new Set(names));
    // Entries that stay here made it newer than the host's.
    if (stays) return this.tally.add("directories", change);
    const isOther = setModeAsOnHost(this.#fs, ino, stat);
    const isTouched =
      setTimesAsOnHost(this.#fs, ino, stat, change === "unchanged" ? "mtime" : "both") || isOther;
    this.tally.add("directories", change === "unchanged" && isTouched ? "updated" : change);
  }

  *#inside(host: HostDirectory, name: string, ino: Ino): Steps<void> {
    this.#at.push(name);
    try {
      yield* this.#entry(host, name, ino, name as Name, "among others");
    } finally {
      this.#at.pop();
    }
  }

  *#importFile(
    host: HostDirectory,
    hostName: string,
    stat: BigIntStats,
    parent: Ino,
    name: Name,
  ): Steps<void> {
    const place = this.#placeFor(host.show(hostName), parent, name, "file");
    if (place === "taken") return;
    const joined = this.#joinLink(stat, place.existing, parent, name);
    if (joined !== undefined) return this.tally.add("files", joined);
    const change = isAsListed(this.#options.history, place.existing, stat)
      ? "same"
      : yield* this.#copy(host, hostName, stat, place.existing, parent, name);
    const ino = childOf(this.#fs.tree, parent, name);
    if (change === "no-file" || ino === undefined) {
      return this.tally.skip(host.show(hostName), "it is no longer a file");
    }
    this.#links.claim(stat, this.#fs.inode(ino));
    const isOther = setModeAsOnHost(this.#fs, ino, stat);
    const isTouched =
      setTimesAsOnHost(this.#fs, ino, stat, change === "same" ? "mtime" : "both") || isOther;
    if (place.change === "added") this.tally.lookAt(hostName, this.#at.join("/") || hostName);
    this.tally.add(
      "files",
      place.existing === undefined
        ? place.change
        : change === "same" && !isTouched
          ? "unchanged"
          : "updated",
    );
  }

  /** Copies a file; one that is not read to its end leaves nothing behind, unless it was there before. */
  *#copy(
    host: HostDirectory,
    hostName: string,
    stat: BigIntStats,
    existing: Inode | undefined,
    parent: Ino,
    name: Name,
  ): Steps<"same" | "copied" | "no-file"> {
    let made = false;
    try {
      const own = this.#links.ownOf(stat, existing);
      return yield* this.#copier.copy(host, hostName, stat, own, () => {
        if (existing !== undefined) this.#fs.perform({ kind: "unlink", parent, name });
        made = true;
        return this.#make({ kind: "create", parent, name, ...modeOnHost(stat) });
      });
    } catch (error) {
      const isStopped = error instanceof HostError && error.code === "stopped";
      if (
        made &&
        (reasonToSkip(error, this.#fs.failure !== undefined) !== undefined ||
          (isStopped && existing === undefined))
      ) {
        this.#fs.perform({ kind: "unlink", parent, name });
      }
      throw error;
    }
  }

  #importSymlink(
    host: HostDirectory,
    hostName: string,
    stat: BigIntStats,
    parent: Ino,
    name: Name,
  ): void {
    const shown = host.show(hostName);
    const bytes = readlinkSync(host.at(hostName), { encoding: "buffer" });
    if (!isUtf8(bytes)) return this.tally.skip(shown, "its target is not UTF-8");
    const target = bytes.toString("utf8");
    const place = this.#placeFor(shown, parent, name, "symlink");
    if (place === "taken") return;
    const joined = this.#joinLink(stat, place.existing, parent, name);
    if (joined !== undefined) return this.tally.add("symlinks", joined);
    const { existing } = place;
    if (existing?.type === "symlink" && existing.target === target) {
      this.#links.claim(stat, this.#fs.inode(existing.ino));
      const isTouched = setTimesAsOnHost(this.#fs, existing.ino, stat, "mtime");
      return this.tally.add("symlinks", isTouched ? "updated" : "unchanged");
    }
    if (existing !== undefined) this.#fs.perform({ kind: "unlink", parent, name });
    const ino = this.#make({ kind: "symlink", parent, name, target });
    this.#links.claim(stat, this.#fs.inode(ino));
    setTimesAsOnHost(this.#fs, ino, stat, "both");
    this.tally.add("symlinks", existing === undefined ? place.change : "updated");
  }

  /**
   * Makes room for an entry of a type under `name`: returns an existing one of that type, or says that a directory is
   * in the way.
   */
  #placeFor(
    shown: string,
    parent: Ino,
    name: Name,
    type: Inode["type"],
  ): { existing: Inode | undefined; change: "added" | "updated" } | "taken" {
    const ino = childOf(this.#fs.tree, parent, name);
    const existing = ino === undefined ? undefined : this.#fs.inode(ino);
    if (existing === undefined) return { existing, change: "added" };
    if (existing.type === type) return { existing, change: "updated" };
    if (this.#spared.has(existing.ino)) {
      this.tally.skip(shown, `${this.#fs.path(existing.ino)} ${holdsElsewhere}`);
      return "taken";
    }
    if (existing.type === "directory" && !this.#mayReplace()) {
      this.tally.skip(shown, `${this.#fs.path(existing.ino)} is a directory that it would replace`);
      return "taken";
    }
    this.#removal.entry(parent, name, existing);
    return { existing: undefined, change: "updated" };
  }

  /** Allows replacing entries if there is a plan: it lists those that stay. */
  #mayReplace(): boolean {
    return this.#plan !== undefined || this.#options.extra === "delete";
  }

  /** Links a further name of a host file that was imported already; undefined for any other file. */
  #joinLink(
    stat: BigIntStats,
    existing: Inode | undefined,
    parent: Ino,
    name: Name,
  ): Change | undefined {
    const ino = this.#links.find(stat);
    if (ino === undefined) return undefined;
    if (existing?.ino === ino) return "unchanged";
    if (existing !== undefined) this.#fs.perform({ kind: "unlink", parent, name });
    this.#fs.perform({ kind: "link", ino, parent, name });
    return existing === undefined ? "added" : "updated";
  }

  #make(
    command:
      | { kind: "create" | "mkdir"; parent: Ino; name: Name; mode?: number }
      | { kind: "symlink"; parent: Ino; name: Name; target: string },
  ): Ino {
    this.#fs.perform(command);
    const ino = childOf(this.#fs.tree, command.parent, command.name);
    if (ino === undefined) throw new Error(`${command.name} was made and is not there`);
    return ino;
  }

  /**
   * Removes entries that the host lacks, as the plan says; all but `names`, or only those `gone`. Returns true if some of
   * them stay.
   */
  #removeGone(ino: Ino, names: readonly string[], gone?: readonly string[]): boolean {
    const directory = this.#fs.inode(ino);
    if (directory?.type !== "directory") return false;
    const keep = new Set(names);
    const all = gone ?? Array.from(entriesIn(directory.entries), ([name]) => name);
    let stays = false;
    for (const name of all.filter((one) => !keep.has(one)) as Name[]) {
      const child = childOf(this.#fs.tree, ino, name);
      const inode = child === undefined ? undefined : this.#fs.inode(child);
      if (child === undefined || inode === undefined) continue;
      if (inode.type === "directory" && this.#plan?.stays.has(this.#below(name)) !== true) {
        this.#at.push(name);
        this.#removeGone(child, []);
        this.#at.pop();
      }
      if (this.#plan?.gone.has(this.#below(name)) === true) this.#removal.entry(ino, name, inode);
      else stays = true;
    }
    return stays;
  }

  #below(name: string): string {
    return [...this.#at, name].join("/");
  }

  /**
   * Makes one path below a directory equal to the host's, or removes it. Makes the directories on the way if the host
   * has the path.
   */
  *path(
    host: HostDirectory | undefined,
    parent: Ino,
    [name, ...rest]: readonly Name[],
  ): Steps<void> {
    if (name === undefined) return;
    const ino = childOf(this.#fs.tree, parent, name);
    const inode = ino === undefined ? undefined : this.#fs.inode(ino);
    const holder = host?.has(name) === true ? host : undefined;
    if (rest.length === 0) {
      if (holder !== undefined) yield* this.#inside(holder, name, parent);
      else if (inode !== undefined) this.#removal.entry(parent, name, inode);
      return;
    }
    const child = holder?.stat(name)?.isDirectory() === true ? holder.child(name) : undefined;
    this.#at.push(name);
    try {
      const place =
        child === undefined
          ? inode
          : this.#makeDirectory(child.shown, child.statSelf(), parent, name);
      if (place !== undefined) yield* this.path(child, place.ino, rest);
    } finally {
      this.#at.pop();
      child?.close();
    }
  }
}
