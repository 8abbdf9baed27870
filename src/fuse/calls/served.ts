import type { Event, Ino, Name } from "../../../journal/index.ts";
import { type Command, FsError, type Inode, type Tree, childOf } from "../../fs/index.ts";
import type { Directory, Owner, Shown } from "../protocol/attributes.ts";
import { Subdirectories } from "./subdirectories.ts";
import type { Volume } from "./volume.ts";

/** A filesystem as the kernel is served it. */
export class Served implements Shown {
  readonly fs: Volume;
  readonly owner: Owner;
  readonly base: number;
  readonly keptSeconds: number;
  /** Says if a listing tells all about its entries where the kernel asks for that, or their names alone. */
  readonly lists: "entries" | "names" = "entries";
  /** Returns nanoseconds since the epoch. */
  readonly now: () => bigint;
  /** Entries of the open directories, by the number that the kernel has for each. */
  readonly directories = new Map<number, OpenDirectory>();
  /**
   * Inodes that are gone, but that the kernel may still ask about, until it forgets them: a removed directory that some
   * process stands in. Files that are open live on in the filesystem itself.
   */
  readonly #gone = new Map<Ino, Inode>();
  readonly #subdirectories = new Subdirectories();
  /** Files whose bytes changed without the kernel, which may hold some of before. */
  readonly #stale = new Set<Ino>();
  #lastDirectory = 0;
  /** Counts the entries that are kept for open directories. */
  #listed = 0;

  /** The kernel may keep all that it is told, unless the state is one that others replace. */
  constructor(fs: Volume, owner: Owner, now: () => bigint, { base, state }: Place = usual) {
    this.fs = fs;
    this.owner = owner;
    this.now = now;
    this.base = base;
    this.keptSeconds = state === "ours" ? 86_400 : 0;
  }

  get tree(): Tree {
    return this.fs.tree;
  }

  /** Returns an inode that the kernel knows. Throws FsError. */
  inode(ino: Ino): Inode {
    const inode = this.fs.inode(ino) ?? this.#gone.get(ino);
    if (inode === undefined) throw new FsError("no-entry", this.fs.path(ino));
    return inode;
  }

  /** Returns the inode that a name leads to, and the state that it is in. */
  entry(parent: Ino, name: Name): Found | undefined {
    const inode = this.child(parent, name);
    return inode === undefined ? undefined : { shown: this, inode };
  }

  child(parent: Ino, name: Name): Inode | undefined {
    const ino = childOf(this.fs.tree, parent, name);
    return ino === undefined ? undefined : this.fs.inode(ino);
  }

  subdirectories(directory: Directory): number {
    return this.#subdirectories.of(this.fs.tree, directory);
  }

  /** Makes a change. Throws FsError. */
  perform(command: Command, bytes?: Uint8Array): Event | undefined {
    const event = this.fs.perform(command, bytes);
    this.#subdirectories.changed(command);
    return event;
  }

  /** Makes a change that may remove the inode that a name leads to. Throws FsError. */
  performOver(command: Command, parent: Ino, name: Name): void {
    const before = this.child(parent, name);
    this.perform(command);
    if (before !== undefined && this.fs.inode(before.ino) === undefined)
      this.#gone.set(before.ino, before);
  }

  /** Makes a change that the kernel did not ask for. Throws FsError. */
  performUnasked(command: Command): Event | undefined {
    const [parent, name] = overOf(command) ?? [];
    const before =
      parent === undefined || name === undefined ? undefined : this.child(parent, name);
    const event = this.perform(command);
    if (before !== undefined && this.fs.inode(before.ino) === undefined)
      this.#gone.set(before.ino, before);
    if (event?.kind === "revert") this.#stale.add(event.ino);
    return event;
  }

  /** Tells if the kernel may hold bytes of a file that changed without it; it drops them when it hears of that. */
  isStale(ino: Ino): boolean {
    return this.#stale.has(ino);
  }

  /** Takes note that the kernel has dropped all such bytes. */
  refreshed(): void {
    this.#stale.clear();
  }

  /** Takes note that the kernel no longer knows an inode. */
  forget(ino: Ino): void {
    this.#gone.delete(ino);
    this.#stale.delete(ino);
  }

  /** Opens a directory and returns its number. Throws FsError. */
  openDirectory(ino: Ino): number {
    if (this.fs.inode(ino) !== undefined) this.fs.hold(ino);
    this.#lastDirectory += 1;
    this.directories.set(this.#lastDirectory, { ino, entries: undefined });
    return this.#lastDirectory;
  }

  /**
   * Keeps the entries of an open directory until it is closed. Where programs read very many at once, those of others go:
   * they are listed anew when the reading goes on.
   */
  keep(open: OpenDirectory, entries: NonNullable<OpenDirectory["entries"]>): void {
    this.#listed += entries.length - (open.entries?.length ?? 0);
    open.entries = entries;
    if (this.#listed <= mostListed) return;
    for (const other of this.directories.values()) {
      if (other === open || other.entries === undefined) continue;
      this.#listed -= other.entries.length;
      other.entries = undefined;
      if (this.#listed <= mostListed) return;
    }
  }

  closeDirectory(number: number): void {
    const open = this.directories.get(number);
    if (open === undefined) return;
    this.directories.delete(number);
    this.#listed -= open.entries?.length ?? 0;
    this.fs.release(open.ino);
  }
}

/** Returns the entry that a change may remove. */
function overOf(command: Command): readonly [Ino, Name] | undefined {
  if (command.kind === "unlink" || command.kind === "rmdir") return [command.parent, command.name];
  return command.kind === "rename" ? [command.toParent, command.toName] : undefined;
}

/** Most entries that are kept for all open directories but one, which take some hundred MiB. */
const mostListed = 2_000_000;

/** The place of a filesystem among those of one mount, and who may change it. */
export interface Place {
  readonly base: number;
  readonly state: "ours" | "others'";
}

const usual: Place = { base: 0, state: "ours" };

/** An inode in a state. */
export interface Found {
  readonly shown: Shown;
  readonly inode: Inode;
}

/** An open directory. Its entries are those at the moment when a process began to read it. */
export interface OpenDirectory {
  readonly ino: Ino;
  entries: readonly (readonly [Name, Ino])[] | undefined;
}
