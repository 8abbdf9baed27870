import type { Event, Ino } from "../../journal/index.ts";
import {
  type Command,
  FsError,
  type Limits,
  type Tree,
  inodeOf,
  noLimits,
  pathOf,
} from "../fs/index.ts";
import { type History, readRange, tapeOf } from "../history/index.ts";
import type { OpenFileSystem, Revision } from "../library/index.ts";

/** The filesystem of a journal, live or past: all calls are made of this. */
export interface Volume {
  readonly limits: Limits;
  readonly isReadOnly: boolean;
  /** Returns the state now. A change may alter it: do not keep it. */
  tree(): Tree;
  /** Returns bytes of a file, clipped to its size. */
  read(ino: Ino, offset: number, length: number): Uint8Array;
  /** Throws FsError if a rule denies reading an inode. */
  requireReadable(ino: Ino): void;
  /** Makes changes, as one run where none is going on. Throws FsError, or `ReadOnlyError`. */
  change<T>(name: string, act: (perform: Perform) => T): T;
  /** Keeps an inode while a descriptor has it. Throws FsError. */
  hold(ino: Ino): void;
  release(ino: Ino): void;
  sync(): void;
  /** Calls `listener` with each change from now on; returns a function that ends this. */
  onEvent(listener: (event: Event) => void): () => void;
}

/** Makes one change; returns undefined if there was nothing to change. */
export type Perform = (command: Command, bytes?: Uint8Array) => Event | undefined;

/** Refuses a change of the past. */
export class ReadOnlyError extends Error {
  override readonly name = "ReadOnlyError";
}

/** The filesystem of a journal that is open for writing. */
export function liveVolume(open: OpenFileSystem): Volume {
  const { files } = open;
  return {
    limits: files.limits,
    isReadOnly: false,
    tree: () => files.tree,
    read: (ino, offset, length) => files.read(ino, offset, length),
    change: (name, act) => open.within(name, act),
    requireReadable: (ino) => files.requireReadable(ino),
    hold: (ino) => files.hold(ino),
    release: (ino) => files.release(ino),
    sync: () => files.sync(),
    onEvent: (listener) => open.onEvent(listener),
  };
}

/** A past state. */
export function pastVolume(history: History, revision: Revision): Volume {
  const { tree } = history.state(revision);
  const readTape = tapeOf(history.journal);
  return {
    limits: noLimits,
    isReadOnly: true,
    tree: () => tree,
    read(ino, offset, length) {
      const inode = inodeOf(tree, ino);
      if (inode?.type !== "file") throw new FsError("bad-descriptor", pathOf(tree, ino));
      return readRange(inode, readTape, offset, Math.min(offset + length, inode.content.size));
    },
    change() {
      throw new ReadOnlyError("the past cannot be changed");
    },
    requireReadable() {},
    hold() {},
    release() {},
    sync() {},
    onEvent: () => () => {},
  };
}
