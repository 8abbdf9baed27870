import type { Ino, Name } from "../../../journal/index.ts";
import {
  type Command,
  type Inode,
  type Link,
  type Tree,
  childOf,
  inodeOf,
  isSpecial,
} from "../../fs/index.ts";
import { hasLink } from "./goal.ts";

/** The places of all inodes while a plan is made: a state, and the commands so far. */
export class Layout {
  readonly commands: Command[] = [];
  /** Directories with changed entries. */
  readonly touched = new Set<Ino>();
  /** Inodes that the commands make. */
  readonly made = new Set<Ino>();
  readonly #now: Tree;
  readonly #names = new Map<Ino, readonly Link[]>();
  readonly #entries = new Map<string, Ino | undefined>();
  readonly #sizes = new Map<Ino, number>();

  constructor(now: Tree) {
    this.#now = now;
  }

  names(ino: Ino): readonly Link[] {
    return this.#names.get(ino) ?? inodeOf(this.#now, ino)?.names ?? [];
  }

  at(link: Link): Ino | undefined {
    const key = keyOf(link);
    return this.#entries.has(key)
      ? this.#entries.get(key)
      : childOf(this.#now, link.parent, link.name);
  }

  /** Returns the number of a directory's entries. */
  size(ino: Ino): number {
    const known = this.#sizes.get(ino);
    if (known !== undefined) return known;
    const inode = inodeOf(this.#now, ino);
    return inode?.type === "directory" ? inode.size : 0;
  }

  make(like: Inode, ino: Ino, link: Link): void {
    this.made.add(ino);
    this.#enter(ino, link);
    if (like.type === "symlink") {
      this.commands.push({ kind: "symlink", ...link, target: like.target, ino });
    } else if (isSpecial(like)) {
      this.commands.push({ kind: "mknod", ...link, type: like.type, ...modeIn(like), ino });
    } else {
      const kind = like.type === "file" ? "create" : "mkdir";
      this.commands.push({ kind, ...link, ...modeIn(like), ino });
    }
  }

  link(ino: Ino, link: Link): void {
    this.#enter(ino, link);
    this.commands.push({ kind: "link", ino, ...link });
  }

  rename(ino: Ino, from: Link, to: Link): void {
    this.#leave(ino, from);
    this.#enter(ino, to);
    const { parent: toParent, name: toName } = to;
    this.commands.push({ kind: "rename", ...from, toParent, toName });
  }

  remove(kind: "unlink" | "rmdir", ino: Ino, link: Link): void {
    this.#leave(ino, link);
    this.commands.push({ kind, ...link });
  }

  /** Returns a name that no entry of the directory has. */
  freeName(parent: Ino): Link {
    for (let count = 1; ; count += 1) {
      const link = { parent, name: `.restoring-${count}` as Name };
      if (this.at(link) === undefined) return link;
    }
  }

  #enter(ino: Ino, link: Link): void {
    this.#entries.set(keyOf(link), ino);
    this.#names.set(ino, [...this.names(ino), link]);
    this.#resize(link.parent, 1);
  }

  #leave(ino: Ino, link: Link): void {
    this.#entries.set(keyOf(link), undefined);
    this.#names.set(
      ino,
      this.names(ino).filter((other) => !hasLink([other], link)),
    );
    this.#resize(link.parent, -1);
  }

  #resize(parent: Ino, by: number): void {
    this.#sizes.set(parent, this.size(parent) + by);
    this.touched.add(parent);
  }
}

/** Returns the mode for a command, if one was set. */
export function modeIn({ mode }: { readonly mode: number | undefined }): {
  readonly mode?: number;
} {
  return mode === undefined ? {} : { mode };
}

function keyOf({ parent, name }: Link): string {
  return `${parent}/${name}`;
}
