import { type Context, notCapable } from "./context.ts";
import { errno } from "./errno.ts";
import type { OpenFile } from "./open-file.ts";

/** Finds the descriptor of a call, and checks that it is of the right kind and has the rights. */
export interface FindOpen {
  /** Returns the file of a call, or the number of the error: `standard` for a standard stream. */
  readonly fileOf: (
    operation: string,
    fd: number,
    needed: number,
    standard: number,
  ) => OpenFile | number;
  /** Returns a file or directory, for a call that needs only the inode. */
  readonly inodeOf: (operation: string, fd: number, needed: number) => OpenFile | number;
}

export function findOpen(context: Context): FindOpen {
  const { descriptors } = context;
  return {
    fileOf(operation, fd, needed, standard) {
      const opened = descriptors.get(fd >>> 0);
      if (opened === undefined) return errno.badf;
      if (opened.handle === undefined) return standard;
      if (opened.handle.type !== "file") return errno.badf;
      return opened.rights.allow(needed) ? opened : notCapable(context, operation, opened);
    },
    inodeOf(operation, fd, needed) {
      const opened = descriptors.get(fd >>> 0);
      if (opened === undefined) return errno.badf;
      if (opened.handle === undefined) return errno.inval;
      return opened.rights.allow(needed) ? opened : notCapable(context, operation, opened);
    },
  };
}
