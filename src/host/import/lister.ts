import { isUtf8 } from "node:buffer";
import { readlinkSync } from "node:fs";

import { type HostStamp, ListWriter } from "../../../journal/index.ts";
import { type Limits, utf8Length } from "../../fs/index.ts";
import { identityOf } from "../disk/identity.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { errnoOf, reasonOf } from "../disk/error.ts";
import { clamp } from "../disk/times.ts";
import { type Look, Looks } from "../look/looks.ts";
import { type PackedStat, withoutChangeTime } from "../look/packed-stats.ts";
import { deepest } from "../versions/plan.ts";
import { modeOnHost } from "../versions/modes.ts";
import { kindOf } from "./kind.ts";
import type { LeftOutFiles } from "./left-out.ts";
import type { Steps } from "./steps.ts";
import type { Tally } from "./tally.ts";

/** A folder of the host as a list. */
export interface FolderList {
  /** The list without its seal. */
  readonly bytes: Buffer;
  /** The number of entries. */
  readonly count: number;
  /** The bytes of all files. */
  readonly promised: number;
  /** Files that were changed so lately that a further change might not show. */
  readonly fresh: readonly FreshFile[];
}

/** A file of a list, with its path below the folder, and how many bytes of files come before it. */
export interface FreshFile {
  readonly stamp: HostStamp;
  readonly path: string;
  readonly position: number;
}

/** A directory whose names are known, and not yet its entries. */
interface Waiting {
  readonly host: HostDirectory;
  readonly look: Look;
  /** The path below the folder, and a slash; "" for the folder itself. */
  readonly start: string;
  /** The bytes of the path that it has in the filesystem. */
  readonly above: number;
  readonly depth: number;
}

/** File systems keep times by the tick of the kernel's clock, at least every 10 ms… */
const tickNanoseconds = 100_000_000n;
/** …or, where all times are whole seconds, every two. */
const coarseNanoseconds = 2_100_000_000n;

/** Lists a folder with everything below it, without reading any file. Skips what an import skips. */
export class Lister {
  readonly #limits: Limits;
  readonly #leftOut: LeftOutFiles;
  readonly #tally: Tally;
  /** Times from here on may be those of a change in the same tick, or the same two seconds, as a further one. */
  readonly #freshFrom: bigint;
  readonly #coarseFrom: bigint;
  readonly #looks = new Looks();
  readonly #list = new ListWriter();
  readonly #fresh: FreshFile[] = [];
  /** The indexes of what has several names on the host. */
  readonly #known = new Map<string, number>();
  /** Directories in the order in which their entries stand in the list. */
  readonly #waiting: Waiting[] = [];
  #promised = 0;

  /** `startedAt`: nanoseconds since the epoch. */
  constructor(limits: Limits, leftOut: LeftOutFiles, tally: Tally, startedAt: bigint) {
    this.#freshFrom = startedAt - tickNanoseconds;
    this.#coarseFrom = startedAt - coarseNanoseconds;
    this.#limits = limits;
    this.#leftOut = leftOut;
    this.#tally = tally;
  }

  /** `guest` is the path that the folder has in the filesystem. */
  *list(host: HostDirectory, guest: string): Steps<FolderList> {
    using looks = this.#looks;
    const above = utf8Length(guest === "/" ? "" : guest);
    const look = looks.ask(host.real, host.statSelf(), this.#namesIn(host));
    const top = { host, look, start: "", above, depth: 0 };
    const count = this.#entriesOf(top);
    for (let next = 0; next < this.#waiting.length; next += 1) {
      yield;
      const directory = this.#waiting[next];
      if (directory === undefined) break;
      using _ = directory.host;
      this.#list.children(this.#entriesOf(directory));
      this.#tally.add("directories", "added");
      this.#tally.report();
    }
    const [promised, fresh] = [this.#promised, this.#fresh];
    return { bytes: this.#list.list(count), count: this.#list.count, promised, fresh };
  }

  #namesIn(host: HostDirectory): readonly string[] {
    const { names, unreadable } = host.list();
    for (const name of unreadable) this.#tally.skip(host.show(name), "its name is not UTF-8");
    return names;
  }

  /** Lists the entries of a directory and returns how many it has. */
  #entriesOf(directory: Waiting): number {
    const { host, look } = directory;
    const seen = this.#looks.take(look, host);
    const before = this.#list.count;
    for (const [index, name] of seen.names.entries()) {
      try {
        const stat = seen.at(index);
        if (stat === undefined) this.#skip(host, name, reasonOf("ENOENT"));
        else this.#entry(directory, name, stat, this.#list.count - before);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === undefined) throw error;
        this.#skip(host, name, reasonOf(errno));
      }
    }
    return this.#list.count - before;
  }

  /** `place` is the number of entries before it in its directory. */
  #entry(directory: Waiting, name: string, stat: PackedStat, place: number): void {
    const { host, start, above, depth } = directory;
    const path = start + name;
    const entry = { name, path, stat };
    const leftOut = this.#leftOut.of(host, entry);
    if (leftOut !== undefined) return this.#tally.leaveOut(host, entry, leftOut);
    const bytes = utf8Length(name);
    const length = above + 1 + bytes;
    if (
      bytes > this.#limits["name-bytes"] ||
      length > this.#limits["path-bytes"] ||
      depth > deepest ||
      place >= this.#limits["directory-entries"]
    )
      return this.#refuse(host, name);
    if (stat.isDirectory()) return this.#directory(directory, name, length);
    if (stat.isFile() && stat.size > this.#limits["file-bytes"]) return this.#refuse(host, name);
    const identity = stat.nlink > 1 ? identityOf(stat) : undefined;
    const to = identity === undefined ? undefined : this.#known.get(identity);
    const index = this.#list.count;
    if (to !== undefined) {
      this.#list.link(name, to);
      this.#tally.add(stat.isFile() ? "files" : "symlinks", "added");
    } else if (stat.isFile()) this.#file(name, path, stat);
    else if (stat.isSymbolicLink()) this.#symlink(host, name, stat);
    else this.#skip(host, name, `it is ${kindOf(stat)}`);
    if (identity !== undefined && this.#list.count > index && to === undefined)
      this.#known.set(identity, index);
  }

  #file(name: string, path: string, stat: PackedStat): void {
    this.#tally.lookAt(name, path);
    this.#tally.add("files", "added");
    const { size } = stat;
    const { bytes, start } = stat.listed;
    const facts = { mode: modeOnHost(stat).mode, size };
    if (!this.#isFresh(stat.ctimeNs)) this.#list.file(name, facts, bytes, start);
    else {
      // A time that no file has: a later import compares its bytes.
      this.#list.file(name, facts, withoutChangeTime(bytes, start), 0);
      const { mtimeNs: mtime, ctimeNs: ctime, ino } = stat;
      if (size > 0)
        this.#fresh.push({ stamp: { size, mtime, ctime, ino }, path, position: this.#promised });
    }
    this.#promised += size;
  }

  #symlink(
    host: HostDirectory,
    name: string,
    { mtimeNs: mtime, atimeNs: atime }: PackedStat,
  ): void {
    const target = readlinkSync(host.at(name), { encoding: "buffer" });
    if (!isUtf8(target)) return this.#skip(host, name, "its target is not UTF-8");
    if (target.length > this.#limits["path-bytes"]) return this.#refuse(host, name);
    this.#tally.add("symlinks", "added");
    this.#list.symlink({ name, target: target.toString("utf8"), mtime, atime });
  }

  /** Lists a directory, and has the other threads look at what is in it. */
  #directory({ host, start, depth }: Waiting, name: string, length: number): void {
    const directory = host.child(name);
    // Taken before it is listed, which may change its access time; it may be another than a moment ago.
    const self = directory.statSelf();
    let names: readonly string[];
    try {
      names = this.#namesIn(directory);
    } finally {
      // Many may wait at once, more than can be open.
      directory.rest(self);
    }
    this.#waiting.push({
      host: directory,
      look: this.#looks.ask(directory.real, self, names),
      start: `${start}${name}/`,
      above: length,
      depth: depth + 1,
    });
    const [mtime, atime] = [clamp(self.mtimeNs), clamp(self.atimeNs)];
    this.#list.directory({ name, mode: modeOnHost(self).mode, mtime, atime });
  }

  #refuse(host: HostDirectory, name: string): void {
    this.#skip(host, name, "the filesystem refuses it: a limit does not allow it");
  }

  #skip(host: HostDirectory, name: string, reason: string): void {
    this.#tally.skip(host.show(name), reason);
  }

  #isFresh(ctime: bigint): boolean {
    if (ctime < this.#coarseFrom) return false;
    return ctime % 1_000_000_000n === 0n || ctime >= this.#freshFrom;
  }
}
