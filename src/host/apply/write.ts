import {
  closeSync,
  constants,
  fchmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";

import { type Ino, type Name, rootIno } from "../../../journal/index.ts";
import {
  type Directory,
  type File,
  type Inode,
  type Symlink,
  type Tree,
  inodeOf,
  isSpecial,
} from "../../fs/index.ts";
import { type ReadTape, isReadable } from "../../history/index.ts";
import { type Verdict, holdsOthers } from "./check.ts";
import { type ChangedEntry, deepest } from "../versions/plan.ts";
import { identityOf } from "../disk/identity.ts";
import { type Seen, isOnlyTouched, seenOf } from "./seen.ts";
import { hostTypeOf, isSameOnHost } from "../versions/compare.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { type Skip, errnoOf, neverRead } from "../disk/error.ts";
import { changedMode, modeToBegin, permissions, saidMode } from "../versions/modes.ts";
import { KeptAttributes } from "../disk/kept-attributes.ts";
import { keepOwner } from "../disk/keep-owner.ts";
import { typeProblem } from "../disk/host-name.ts";
import { temporaryName } from "../disk/temporary-name.ts";
import { secondsOf } from "../disk/times.ts";
import { fillAndClose } from "../disk/write-file.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

export interface ApplyTarget {
  /** The host's directory, and its two versions in the filesystem. */
  readonly host: HostDirectory;
  readonly tree: Tree;
  readonly directory: Directory;
  readonly readTape: ReadTape;
  readonly verdicts: ReadonlyMap<ChangedEntry, Verdict>;
  /** The host's entries as the plan found them; one that changed since then stays. */
  readonly seen: ReadonlyMap<ChangedEntry, Seen>;
  /** Files that come in part, as the journal has them, by path. */
  readonly parts: ReadonlyMap<string, File>;
  /** Paths that are overwritten although they differ from what was imported: the host's version is recorded. */
  readonly recorded: ReadonlySet<string>;
  /** Why a path differs from what was imported, or has to stay. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** Makes changes on the host; each file is written under a temporary name and takes its place in one step. */
export class Applier {
  /** Number of entries changed. */
  done = 0;
  /** Returns the path below the host's directory at which it works. */
  get at(): string {
    return this.#at;
  }
  #at = "";
  /** Files that lost setuid, setgid or sticky, by their paths below the host's directory. */
  readonly stripped: string[] = [];
  /** Why attributes of replaced files may be lost. */
  unkept: string | undefined;
  /** Paths below the host's directory that were left alone. */
  readonly left: Skip[] = [];
  readonly #target: ApplyTarget;
  /** Paths below the host's directory that still need a change; settled ones are removed. */
  readonly #pending = new Set<string>();
  /** State of each inode whose times or mode this apply has set: its other names look the same. */
  readonly #touched = new Map<string, Seen>();
  /** Attributes of files to be replaced, by directory. */
  readonly #kept = new Map<HostDirectory, KeptAttributes>();

  constructor(target: ApplyTarget) {
    this.#target = target;
  }

  run(entries: readonly ChangedEntry[]): void {
    const { host, directory } = this.#target;
    this.#expect(entries, "");
    this.#all(host, entries, "");
    if (entries.length > 0) host.setTimes(directory.atime, directory.mtime);
  }

  #expect(entries: readonly ChangedEntry[], above: string): void {
    for (const entry of entries) {
      const path = `${above}${entry.name}`;
      const isSettled =
        entry.change === "within" ||
        entry.change === "times" ||
        // Its content is right already, so that another name of it may be made before its mode is set.
        (entry.change === "mode" && this.#verdictOf(entry) === "do");
      if (!isSettled) this.#pending.add(path);
      this.#expect(entry.entries, `${path}/`);
    }
  }

  /** Removes first, to make room; a name that the host has under another spelling is renamed. */
  #all(host: HostDirectory, entries: readonly ChangedEntry[], above: string): void {
    using kept = new KeptAttributes(host, this.#replacedIn(host, entries));
    this.#kept.set(host, kept);
    this.unkept ??= kept.failure;
    const renamed = new Set<ChangedEntry>();
    for (const entry of entries) {
      if (entry.before !== undefined || this.#verdictOf(entry) !== "do") continue;
      const other = host.alias(entry.name);
      const from = entries.find(({ name, after }) => name === other && after === undefined);
      if (from === undefined) continue;
      renamed.add(from);
      this.#rename(host, from, entry, `${above}${entry.name}`);
    }
    const gone = entries.filter(({ after }) => after === undefined);
    const others = entries.filter(({ after }) => after !== undefined);
    for (const entry of [...gone, ...others]) {
      const path = `${above}${entry.name}`;
      const verdict = this.#verdictOf(entry);
      if (verdict === "skip") continue;
      this.#at = path;
      const isKept = verdict === "overwrite" && !this.#target.recorded.has(path);
      if (verdict === "leave" || isKept) this.#leave(path);
      else if (verdict === "already") this.#complete(host, entry, path);
      else if (!renamed.has(entry)) this.#change(host, entry, path);
      this.#pending.delete(path);
    }
    this.#kept.delete(host);
  }

  #replacedIn(host: HostDirectory, entries: readonly ChangedEntry[]): string[] {
    return entries
      .filter((entry) => {
        const verdict = this.#target.verdicts.get(entry) ?? "do";
        const isWritten = entry.change === "modified" || verdict === "overwrite";
        return isWritten && verdict !== "skip" && verdict !== "leave" && verdict !== "already";
      })
      .filter(({ name, after }) => after?.type === "file" && host.stat(name)?.isFile() === true)
      .map(({ name }) => name);
  }

  #verdictOf(entry: ChangedEntry): Verdict {
    return this.#target.verdicts.get(entry) ?? "do";
  }

  #rename(host: HostDirectory, from: ChangedEntry, to: ChangedEntry, path: string): void {
    this.#at = path;
    renameSync(host.at(from.name), host.at(to.name));
    this.done += 1;
    if (from.before?.type !== "directory" || to.after?.type !== "directory") return;
    using child = host.child(to.name);
    this.#removeOld(child, from.entries, to.entries, `${path}/`);
  }

  /** Removes entries that a renamed directory no longer holds; new entries replace the rest. */
  #removeOld(
    host: HostDirectory,
    gone: readonly ChangedEntry[],
    come: readonly ChangedEntry[],
    above: string,
  ): void {
    for (const entry of gone) {
      const path = `${above}${entry.name}`;
      const next = come.find(({ name }) => name === entry.name);
      if (next === undefined) this.#change(host, entry, path);
      else if (entry.before?.type === "directory" && next.after?.type === "directory") {
        using child = host.child(entry.name);
        this.#removeOld(child, entry.entries, next.entries, `${path}/`);
      } else if (entry.before?.type === "directory") this.#change(host, entry, path);
    }
  }

  #leave(path: string, why = this.#target.reasons.get(path)): void {
    this.left.push({ path, reason: why ?? "differs from what was imported" });
  }

  /** Fills a directory that exists already and may lack some of its entries. */
  #complete(host: HostDirectory, entry: ChangedEntry, path: string): void {
    if (entry.after?.type === "directory") this.#fill(host, entry, entry.after, path);
  }

  #change(host: HostDirectory, entry: ChangedEntry, path: string): void {
    const { name } = entry;
    const after = this.#target.parts.get(path) ?? entry.after;
    if (after !== undefined && isSpecial(after)) return this.#leave(path, typeProblem(after));
    if (after?.type === "file" && !isReadable(after.content, this.#target.readTape)) {
      this.left.push({ path, reason: neverRead });
      return;
    }
    if (entry.change === "times") {
      if (after !== undefined) this.#setTimes(host, name, after);
      return this.#touch(host, name);
    }
    if (entry.change === "mode") {
      if (after !== undefined) this.#setMode(host, name, after);
      return this.#touch(host, name);
    }
    if (after?.type === "directory") {
      if (!this.#isAsSeen(host, entry, path)) return;
      this.#makeDirectory(host, name, after);
      this.#fill(host, entry, after, path);
    } else {
      if (!this.#clearDirectory(host, entry, path)) return;
      if (after === undefined) {
        if (!this.#isAsSeen(host, entry, path)) return;
        if (entry.before?.type !== "directory") rmSync(host.at(name), { force: true });
      } else if (host.alias(name) !== undefined) {
        // Two new names that this disk takes for one.
        this.left.push({ path, reason: `this disk takes its name for ${host.alias(name) ?? ""}` });
        return;
      } else {
        const isReplaced =
          after.type === "file"
            ? this.#writeFile(host, entry, after, path)
            : this.#writeSymlink(host, entry, after, path);
        if (!isReplaced) return;
      }
    }
    if (entry.change !== "within") this.done += 1;
  }

  /** Counts an entry that was changed in place. */
  #touch(host: HostDirectory, name: Name): void {
    const stat = host.stat(name);
    if (stat !== undefined) this.#touched.set(identityOf(stat), seenOf(host, name));
    this.done += 1;
  }

  #fill(
    host: HostDirectory,
    { name, before, entries }: ChangedEntry,
    after: Directory,
    path: string,
  ): void {
    using child = host.child(name);
    this.#all(child, entries, `${path}/`);
    child.setTimes(after.atime, after.mtime);
    const mode = changedMode(before, after);
    if (mode !== undefined) child.setMode(mode);
  }

  /** Sets only the mode, which nobody changed on the host; the content is as it was. */
  #setMode(host: HostDirectory, name: Name, after: Inode): void {
    const mode = saidMode(after);
    const fd = host.openFile(name);
    try {
      if (mode !== undefined) fchmodSync(fd, mode);
    } finally {
      closeSync(fd);
    }
    this.#setTimes(host, name, after);
  }

  #makeDirectory(host: HostDirectory, name: Name, after: Directory): void {
    const type = hostTypeOf(host, name);
    if (type === "directory" && host.alias(name) === undefined) return;
    if (host.alias(name) === undefined && type !== "nothing") unlinkSync(host.at(name));
    mkdirSync(host.at(name), modeToBegin(after));
  }

  /** Empties and removes an existing directory. Returns false if something in it has to stay. */
  #clearDirectory(host: HostDirectory, { name, entries }: ChangedEntry, path: string): boolean {
    if (hostTypeOf(host, name) !== "directory") return true;
    const child = host.child(name);
    try {
      this.#all(child, entries, `${path}/`);
    } finally {
      child.close();
    }
    try {
      rmdirSync(host.at(name));
      return true;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== "ENOTEMPTY" && errno !== "EEXIST") throw error;
      this.left.push({ path, reason: this.#target.reasons.get(path) ?? holdsOthers });
      return false;
    }
  }

  #writeFile(host: HostDirectory, entry: ChangedEntry, file: File, path: string): boolean {
    const { name, before } = entry;
    return this.#replace(host, entry, path, (temporary) => {
      if (this.#linkOther(host, file, temporary)) return;
      const standing = host.stat(name);
      const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
      if (standing?.isFile() !== true) {
        const fd = openSync(host.at(temporary), flags, modeToBegin(file));
        fillAndClose(fd, file, this.#target.readTape, saidMode(file));
        return;
      }
      const isKept = this.#kept.get(host)?.give(name, temporary) === true;
      const fd = openSync(host.at(temporary), isKept ? O_WRONLY | O_NOFOLLOW : flags, 0o600);
      const own = Number(standing.mode) & 0o7777;
      if ((own & ~permissions) !== 0) this.stripped.push(path);
      const mode = (changedMode(before, file) ?? own & permissions) & keepOwner(fd, standing);
      fillAndClose(fd, file, this.#target.readTape, mode);
    });
  }

  #writeSymlink(host: HostDirectory, entry: ChangedEntry, symlink: Symlink, path: string): boolean {
    return this.#replace(host, entry, path, (temporary) => {
      if (this.#linkOther(host, symlink, temporary)) return;
      symlinkSync(symlink.target, host.at(temporary));
      this.#setTimes(host, temporary, symlink);
    });
  }

  /** Returns false if something else has taken the place, which stays. */
  #replace(
    host: HostDirectory,
    entry: ChangedEntry,
    path: string,
    make: (temporary: string) => void,
  ): boolean {
    const temporary = temporaryName();
    try {
      make(temporary);
      if (!this.#isAsSeen(host, entry, path)) return false;
      renameSync(host.at(temporary), host.at(entry.name));
      return true;
    } finally {
      // The temporary file remains if a step failed, or if both names were links to one file already.
      rmSync(host.at(temporary), { force: true });
    }
  }

  /**
   * Tells if the host's entry is unchanged since it was compared: an apply of many files takes a while, and people save
   * theirs.
   */
  #isAsSeen(host: HostDirectory, entry: ChangedEntry, path: string): boolean {
    const seen = this.#target.seen.get(entry);
    // A directory that stood there has been cleared.
    if (seen === undefined || seen === "directory") return true;
    const now = seenOf(host, entry.name);
    const stat = host.stat(entry.name);
    const touched = stat === undefined ? undefined : this.#touched.get(identityOf(stat));
    if (now === seen || now === touched) return true;
    // This apply may have changed its record, as it has another name.
    const before = this.#verdictOf(entry) === "do" ? entry.before : undefined;
    if (before !== undefined && isOnlyTouched(now, touched ?? seen))
      if (isSameOnHost(host, entry.name, before, this.#target.readTape)) return true;
    this.left.push({ path, reason: "was changed on the host while this was applied" });
    return false;
  }

  /** Links a further name of an inode that is on the host already. */
  #linkOther(host: HostDirectory, inode: File | Symlink, temporary: string): boolean {
    if (inode.names.length < 2) return false;
    for (const link of inode.names) {
      const names = this.#namesBelow(link.parent);
      const path = names === undefined ? undefined : [...names, link.name].join("/");
      if (names === undefined || path === undefined || this.#pending.has(path)) continue;
      if (this.#linkTo(names, link.name, inode, host.at(temporary))) return true;
    }
    return false;
  }

  #linkTo(names: readonly Name[], name: Name, inode: Inode, at: string): boolean {
    const opened: HostDirectory[] = [];
    try {
      for (const step of names) opened.push((opened.at(-1) ?? this.#target.host).child(step));
      const holder = opened.at(-1) ?? this.#target.host;
      if (!isSameOnHost(holder, name, inode, this.#target.readTape)) return false;
      linkSync(holder.at(name), at);
      return true;
    } catch (error) {
      // The name becomes a file of its own then.
      if (errnoOf(error) === undefined) throw error;
      return false;
    } finally {
      for (const directory of opened) directory.close();
    }
  }

  /** Returns the names from the applied directory down to the inode; undefined if it lies elsewhere. */
  #namesBelow(ino: Ino): Name[] | undefined {
    const names: Name[] = [];
    for (let at = ino; at !== this.#target.directory.ino;) {
      const link = inodeOf(this.#target.tree, at)?.names[0];
      if (link === undefined || at === rootIno || names.length > deepest) return undefined;
      names.unshift(link.name);
      at = link.parent;
    }
    return names;
  }

  #setTimes(host: HostDirectory, name: string, { atime, mtime }: Inode): void {
    lutimesSync(host.at(name), secondsOf(atime), secondsOf(mtime));
  }
}
