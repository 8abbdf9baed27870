import {
  constants,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";

import type { Ino, Journal, Name } from "../../../journal/index.ts";
import { type Directory, type File, type Symlink, type Tree } from "../../fs/index.ts";
import {
  Budget,
  type Entry,
  type ReadTape,
  isReadable,
  readdir,
  tapeOf,
} from "../../history/index.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { type Skip, errnoOf, neverRead, reasonOf } from "../disk/error.ts";
import type { ExportCounts, ExportOptions } from "./options.ts";
import { type GitsOwn, gitsOwn, nothing } from "../disk/gits-own.ts";
import { nameProblem, targetProblem, typeProblem } from "../disk/host-name.ts";
import { modeToBegin, saidMode } from "../versions/modes.ts";
import { secondsOf } from "../disk/times.ts";
import { fillAndClose } from "../disk/write-file.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Each level of directories holds a descriptor open; the deepest path that a guest can spell has 2,048. */
const deepest = 2_048;
const pathsPerReport = 512;
const bytesPerReport = 8 * 1024 * 1024;

/**
 * Writes a directory of a state into an empty host directory: first directories and files; then, once every name of the
 * tree is taken, hard links, symlinks and the times of directories.
 */
export class Exporter {
  readonly counts = { files: 0, directories: 0, symlinks: 0, links: 0, bytes: 0, skipped: 0 };
  readonly #tree: Tree;
  readonly #readTape: ReadTape;
  readonly #options: ExportOptions;
  readonly #budget: Budget;
  /** Names from the export's root down to the current entry. */
  readonly #at: Name[] = [];
  /** Place on the host of each inode with several names. */
  readonly #places = new Map<Ino, readonly Name[]>();
  readonly #skipped = new Set<string>();
  #reportAt = pathsPerReport;
  #reportBytes = bytesPerReport;

  constructor(tree: Tree, journal: Pick<Journal, "readTape">, options: ExportOptions) {
    this.#tree = tree;
    this.#readTape = tapeOf(journal);
    this.#options = options;
    this.#budget = options.budget ?? new Budget("the export");
  }

  run(directory: Directory, host: HostDirectory): void {
    this.#makeFiles(directory, host);
    this.#finish(directory, host, host);
    // A root that nothing ever changed has no times.
    if (directory.mtime > 0n) host.setTimes(directory.atime, directory.mtime);
    const mode = saidMode(directory);
    // The user may have made it with stricter permissions.
    if (mode !== undefined) host.setMode(mode & Number(host.statSelf().mode));
  }

  #makeFiles(directory: Directory, host: HostDirectory): void {
    const entries = readdir(this.#tree, directory);
    const isGits = this.#gitsOwn(entries);
    for (const entry of entries) {
      const { name, inode } = entry;
      this.#budget.path(this.#at.length + 1);
      const problem = this.#options.leaveOut?.(name) ?? nameProblem(name) ?? typeProblem(inode);
      const own = problem === undefined ? isGits(name, inode.type) : undefined;
      const target = inode.type === "symlink" ? { target: inode.target } : {};
      if (problem !== undefined) this.#skip(name, { ...target, reason: problem });
      else if (own !== undefined) this.#skip(name, { ...target, reason: own, own: "git" });
      else if (inode.type !== "symlink") this.#try(name, () => this.#make(entry, host));
      this.#report();
    }
  }

  #gitsOwn(entries: readonly Entry[]): GitsOwn {
    return this.#options.git === "take" ? nothing : gitsOwn(entries.map(({ name }) => name));
  }

  #make({ name, inode }: Entry, host: HostDirectory): void {
    if (inode.type === "directory") {
      if (this.#at.length >= deepest)
        return this.#skip(name, { reason: "it is nested too deeply" });
      mkdirSync(host.at(name), modeToBegin(inode));
      using child = host.child(name);
      this.counts.directories += 1;
      this.#within(name, () => this.#makeFiles(inode, child));
    } else if (inode.type === "file" && !this.#places.has(inode.ino)) {
      this.#writeFile(inode, host, name);
    }
  }

  #finish(directory: Directory, host: HostDirectory, root: HostDirectory): void {
    for (const { name, inode } of readdir(this.#tree, directory)) {
      if (this.#skipped.has(this.#key(name))) continue;
      if (inode.type === "directory") {
        using child = host.child(name);
        this.#within(name, () => this.#finish(inode, child, root));
        child.setTimes(inode.atime, inode.mtime);
        const mode = saidMode(inode);
        if (mode !== undefined) child.setMode(mode);
        continue;
      }
      const place = this.#places.get(inode.ino);
      if (place !== undefined && !this.#isHere(place, name)) {
        this.#try(name, () => this.#link(place, host, name, root));
      } else if (inode.type === "symlink") {
        this.#try(name, () => this.#makeSymlink(inode, host, name));
      }
    }
  }

  #writeFile(file: File, host: HostDirectory, name: Name): void {
    if (!isReadable(file.content, this.#readTape)) return this.#skip(name, { reason: neverRead });
    this.counts.files += 1;
    if (file.names.length > 1) this.#places.set(file.ino, [...this.#at, name]);
    this.#budget.bytes(file.content.mapped);
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const fd = openSync(host.at(name), flags, modeToBegin(file));
    try {
      this.counts.bytes += fillAndClose(fd, file, this.#readTape, saidMode(file));
    } catch (error) {
      unlinkSync(host.at(name));
      throw error;
    }
  }

  #makeSymlink(symlink: Symlink, host: HostDirectory, name: Name): void {
    const problem = targetProblem(symlink.target);
    const { target } = symlink;
    if (problem !== undefined) return this.#skip(name, { target, reason: problem });
    symlinkSync(symlink.target, host.at(name));
    lutimesSync(host.at(name), secondsOf(symlink.atime), secondsOf(symlink.mtime));
    this.counts.symlinks += 1;
    if (symlink.names.length > 1) this.#places.set(symlink.ino, [...this.#at, name]);
  }

  #link(place: readonly Name[], host: HostDirectory, name: Name, root: HostDirectory): void {
    const opened: HostDirectory[] = [];
    try {
      for (const step of place.slice(0, -1)) opened.push((opened.at(-1) ?? root).child(step));
      linkSync((opened.at(-1) ?? root).at(place.at(-1) ?? name), host.at(name));
    } finally {
      for (const directory of opened) directory.close();
    }
    this.counts.links += 1;
  }

  #isHere(place: readonly Name[], name: Name): boolean {
    return place.length === this.#at.length + 1 && place.join("/") === this.#key(name);
  }

  #within(name: Name, run: () => void): void {
    this.#at.push(name);
    run();
    this.#at.pop();
  }

  /** Runs a step, and skips what this host cannot hold. */
  #try(name: Name, run: () => void): void {
    const depth = this.#at.length;
    try {
      run();
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined || !unholdable.has(errno)) throw error;
      this.#at.length = depth;
      this.#skip(name, { reason: reasonOf(errno) });
    }
  }

  #skip(name: Name, skip: Omit<Skip, "path">): void {
    this.#skipped.add(this.#key(name));
    this.counts.skipped += 1;
    const base = this.#options.path ?? "/";
    const path = `${base.endsWith("/") ? base : `${base}/`}${this.#key(name)}`;
    this.#options.onSkip?.({ path, ...skip });
  }

  #key(name: Name): string {
    return [...this.#at, name].join("/");
  }

  #report(): void {
    const { files, directories, bytes } = this.counts;
    if (files + directories < this.#reportAt && bytes < this.#reportBytes) return;
    this.#reportAt = files + directories + pathsPerReport;
    this.#reportBytes = bytes + bytesPerReport;
    this.#options.onProgress?.({ ...this.counts } satisfies ExportCounts);
  }
}

/** Errors that mean one path is impossible, not that the whole disk is unusable. */
const unholdable: ReadonlySet<string> = new Set([
  "ENAMETOOLONG",
  "EEXIST",
  "EINVAL",
  "EILSEQ",
  "EFBIG",
  "EMLINK",
  "EPERM",
  "EMFILE",
  "ENFILE",
]);
