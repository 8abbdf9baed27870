import { isUtf8 } from "node:buffer";
import { type BigIntStats, readlinkSync } from "node:fs";

import { type HostStamp, type Listed, stampOf } from "../../../journal/index.ts";
import { type Limits, utf8Length } from "../../fs/index.ts";
import { identityOf } from "../disk/identity.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { errnoOf, reasonOf } from "../disk/error.ts";
import { clamp } from "../disk/times.ts";
import { deepest } from "../versions/plan.ts";
import { modeOnHost } from "../versions/modes.ts";
import { kindOf } from "./kind.ts";
import type { LeftOutFiles } from "./left-out.ts";
import type { Steps } from "./steps.ts";
import type { Tally } from "./tally.ts";

/** A folder of the host as a list, in the order that a listing has. */
export interface FolderList {
  readonly entries: readonly Listed[];
  /** The number of entries of the folder itself. */
  readonly top: number;
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

interface Node {
  readonly listed: Listed;
  /** The path below the folder. */
  readonly path: string;
  /** Set for what has several names on the host. */
  readonly identity?: string;
  readonly children?: readonly Node[];
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
  readonly #startedAt: bigint;

  /** `startedAt`: nanoseconds since the epoch. */
  constructor(limits: Limits, leftOut: LeftOutFiles, tally: Tally, startedAt: bigint) {
    this.#startedAt = startedAt;
    this.#limits = limits;
    this.#leftOut = leftOut;
    this.#tally = tally;
  }

  /** `guest` is the path that the folder has in the filesystem. */
  *list(host: HostDirectory, guest: string): Steps<FolderList> {
    const above = utf8Length(guest === "/" ? "" : guest);
    const nodes = yield* this.#directory(host, [], above, 0);
    return this.#inOrder(nodes);
  }

  *#directory(
    host: HostDirectory,
    at: readonly string[],
    above: number,
    depth: number,
  ): Steps<Node[]> {
    yield;
    const { names, unreadable } = host.list();
    for (const name of unreadable) this.#tally.skip(host.show(name), "its name is not UTF-8");
    const stats = host.statEach(names);
    const nodes: Node[] = [];
    const start = at.length === 0 ? "" : `${at.join("/")}/`;
    for (const [index, name] of names.entries()) {
      try {
        // Most entries are no directories, and a generator for each would take as long as the look at it.
        const found = this.#entry(host, name, stats[index], start, above, depth);
        const node =
          found === "directory" ? yield* this.#below(host, name, at, above, depth) : found;
        if (node === undefined) continue;
        if (nodes.length >= this.#limits["directory-entries"]) this.#refuse(host, name);
        else nodes.push(node);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === undefined) throw error;
        this.#tally.skip(host.show(name), reasonOf(errno));
      }
    }
    this.#tally.report();
    return nodes;
  }

  /** Lists a directory in another one. */
  *#below(
    host: HostDirectory,
    name: string,
    at: readonly string[],
    above: number,
    depth: number,
  ): Steps<Node> {
    using directory = host.child(name);
    // Taken before it is listed, which may change its access time; it may be another than a moment ago.
    const self = directory.statSelf();
    const names = [...at, name];
    const length = above + 1 + utf8Length(name);
    const children = yield* this.#directory(directory, names, length, depth + 1);
    this.#tally.add("directories", "added");
    return {
      listed: {
        type: "directory",
        name,
        mode: modeOnHost(self).mode,
        mtime: clamp(self.mtimeNs),
        atime: clamp(self.atimeNs),
        children: children.length,
      },
      path: names.join("/"),
      children,
    };
  }

  /** Returns an entry, but for a directory; undefined for one that stays out. `start` is the path before its name. */
  #entry(
    host: HostDirectory,
    name: string,
    stat: BigIntStats | undefined,
    start: string,
    above: number,
    depth: number,
  ): Node | "directory" | undefined {
    if (stat === undefined) return this.#skip(host, name, reasonOf("ENOENT"));
    const path = start + name;
    const entry = { name, path, stat };
    const leftOut = this.#leftOut.of(host, entry);
    if (leftOut !== undefined) {
      this.#tally.leaveOut(host, entry, leftOut);
      return undefined;
    }
    const bytes = utf8Length(name);
    const length = above + 1 + bytes;
    if (
      bytes > this.#limits["name-bytes"] ||
      length > this.#limits["path-bytes"] ||
      depth > deepest
    )
      return this.#refuse(host, name);
    if (stat.isDirectory()) return "directory";
    const times = { mtime: clamp(stat.mtimeNs), atime: clamp(stat.atimeNs) };
    const identity = stat.nlink > 1n ? { identity: identityOf(stat) } : {};
    if (stat.isFile()) {
      if (stat.size > BigInt(this.#limits["file-bytes"])) return this.#refuse(host, name);
      this.#tally.lookAt(name, path);
      this.#tally.add("files", "added");
      return {
        listed: { type: "file", name, mode: modeOnHost(stat).mode, ...stampOf(stat), ...times },
        path,
        ...identity,
      };
    }
    if (stat.isSymbolicLink()) {
      const target = readlinkSync(host.at(name), { encoding: "buffer" });
      if (!isUtf8(target)) return this.#skip(host, name, "its target is not UTF-8");
      if (target.length > this.#limits["path-bytes"]) return this.#refuse(host, name);
      this.#tally.add("symlinks", "added");
      const text = target.toString("utf8");
      return { listed: { type: "symlink", name, target: text, ...times }, path, ...identity };
    }
    return this.#skip(host, name, `it is ${kindOf(stat)}`);
  }

  #refuse(host: HostDirectory, name: string): undefined {
    return this.#skip(host, name, "the filesystem refuses it: a limit does not allow it");
  }

  #skip(host: HostDirectory, name: string, reason: string): undefined {
    this.#tally.skip(host.show(name), reason);
  }

  /** Puts the entries of each directory behind those of the directories before it. */
  #inOrder(top: readonly Node[]): FolderList {
    const entries: Listed[] = [];
    const fresh: FreshFile[] = [];
    const known = new Map<string, number>();
    let promised = 0;
    const rest: (readonly Node[])[] = [top];
    for (const nodes of rest) {
      for (const { listed, path, identity, children } of nodes) {
        const index = entries.length;
        const to = identity === undefined ? undefined : known.get(identity);
        if (to !== undefined) {
          entries.push({ type: "link", name: listed.name, to });
          continue;
        }
        if (identity !== undefined) known.set(identity, index);
        entries.push(listed);
        if (listed.type === "file") {
          if (listed.size > 0 && this.#isFresh(listed.ctime))
            fresh.push({ stamp: listed, path, position: promised });
          promised += listed.size;
        }
        if (children !== undefined && children.length > 0) rest.push(children);
      }
    }
    return { entries, top: top.length, promised, fresh };
  }

  #isFresh(ctime: bigint): boolean {
    const least = ctime % 1_000_000_000n === 0n ? coarseNanoseconds : tickNanoseconds;
    return ctime >= this.#startedAt - least;
  }
}
