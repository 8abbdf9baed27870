import type { Ino } from "../../../journal/index.ts";
import { FsError } from "../../fs/index.ts";
import type { Host } from "./host.ts";

/** A guest's access to everything in a preopen. */
export type Access = "read-write" | "read-only";

/** Rights with which a file was opened, or that a directory's preopen allows. */
export interface Rights {
  /** The preopen's, inherited by everything that is opened under it. */
  readonly access: Access;
  readonly reads: boolean;
  readonly writes: boolean;
}

/** An open inode, and its holder's rights. The inode lives at least until `close`. */
export class Handle {
  readonly host: Host;
  readonly ino: Ino;
  readonly type: "file" | "directory";
  readonly access: Access;
  readonly reads: boolean;
  readonly writes: boolean;

  /** Throws FsError if too many are open. */
  constructor(host: Host, ino: Ino, type: "file" | "directory", { access, reads, writes }: Rights) {
    host.fs.hold(ino);
    this.host = host;
    this.ino = ino;
    this.type = type;
    this.access = access;
    this.reads = reads;
    this.writes = writes;
    host.handles.add(this);
  }

  /** Opens another handle for the same inode and rights. Throws FsError if too many are open. */
  again(): Handle {
    return new Handle(this.host, this.ino, this.type, this);
  }

  close(): void {
    if (this.host.handles.delete(this)) this.host.fs.release(this.ino);
  }

  /** Returns the inode's path now, or its last. */
  get path(): string {
    return this.host.fs.path(this.ino);
  }
}

/** Throws FsError unless the handle is a directory's: the base of every call that takes a path. */
export function requireDirectory(base: Handle, path: string): void {
  if (base.type !== "directory") throw new FsError("not-directory", path);
}

/** Throws FsError unless the handle is a directory's in a preopen that may be changed. */
export function requireMutable(base: Handle, path: string): void {
  requireDirectory(base, path);
  if (base.access === "read-only") throw new FsError("not-permitted", path);
}
