import type { FileSystem } from "../../fs/index.ts";

/** A filesystem as far as the kernel asks for it: a live one, or a past state. */
export type Volume = Pick<
  FileSystem,
  | "hold"
  | "inode"
  | "limits"
  | "note"
  | "path"
  | "perform"
  | "read"
  | "readAttribute"
  | "refuse"
  | "requireReadable"
  | "release"
  | "sync"
  | "tree"
>;
