import { type Ino, JournalError, type Recorder } from "../../../journal/index.ts";
import {
  FsError,
  type Inode,
  type Limits,
  type Room,
  type Tree,
  inodeOf,
  noLimits,
  pathOf,
  readContentInto,
  readableBytes,
  xattrValue,
} from "../../fs/index.ts";
import type { Volume } from "../calls/volume.ts";
import { Refusal, errno } from "../protocol/errno.ts";

/** Copies bytes of the tape into `target` at `at`. */
export type ReadTape = Recorder["readTape"];

/** A state that nobody can change through it; another can be shown in its place. */
export class PastVolume implements Volume {
  readonly limits: Limits = { ...noLimits, "name-bytes": 255 };
  tree: Tree;
  readonly #readTape: ReadTape;

  constructor(tree: Tree, readTape: ReadTape) {
    this.tree = tree;
    this.#readTape = readTape;
  }

  inode(ino: Ino): Inode | undefined {
    return inodeOf(this.tree, ino);
  }

  path(ino: Ino): string {
    return pathOf(this.tree, ino);
  }

  read(ino: Ino, offset: number, length: number, room: Room = (size) => new Uint8Array(size)) {
    const inode = inodeOf(this.tree, ino);
    if (inode?.type !== "file") throw new FsError("bad-descriptor", this.path(ino));
    const bytes = room(readableBytes(inode.content, offset, length));
    try {
      readContentInto(inode.content, offset, bytes, this.#readTape);
    } catch (error) {
      // Fails this file alone, and leaves the mount: nobody has its bytes any more, or they are damaged.
      if (error instanceof JournalError) throw new FsError("io", this.path(ino));
      throw error;
    }
    return bytes;
  }

  readAttribute(ino: Ino, attribute: string): Uint8Array | undefined {
    const inode = inodeOf(this.tree, ino);
    return inode === undefined ? undefined : xattrValue(inode, attribute, this.#readTape);
  }

  perform(): never {
    throw new Refusal(errno.readOnly);
  }

  // A state that is neither changed nor recorded needs none of these.
  hold(): void {}
  release(): void {}
  note(): void {}
  refuse(): void {}
  requireReadable(): void {}
  sync(): void {}
}
