import type { Handle } from "../calls/handle.ts";
import { textIn } from "../preview2/text-in.ts";
import { type Context, answer, notCapable } from "./context.ts";
import { errno } from "./errno.ts";
import type { OpenFile } from "./open-file.ts";

type Place = readonly [fd: number, path: number, length: number];

/** Parts that functions which take paths have in common. */
export interface PathCalls {
  /** Returns a directory, or the number of the error. */
  readonly directoryOf: (fd: number) => OpenFile | number;
  /** Returns a text in the guest's memory; undefined if it is not UTF-8. */
  readonly text: (path: number, length: number) => string | undefined;
  /** Answers a call that takes a directory and a path in it, and returns nothing. */
  readonly at: (
    operation: string,
    needed: number,
    place: Place,
    run: (base: Handle, path: string) => number | void,
  ) => number;
  /** Answers a call that takes two places. */
  readonly fromTo: (
    operation: string,
    needed: { readonly from: number; readonly to: number },
    from: Place,
    to: Place,
    run: (base: Handle, path: string, newBase: Handle, newPath: string) => number | void,
  ) => number;
}

export function pathCalls(context: Context): PathCalls {
  const { host, memory, descriptors } = context;
  const mostPathBytes = host.fs.limits["path-bytes"];

  const directoryOf: PathCalls["directoryOf"] = (fd) => {
    const opened = descriptors.get(fd >>> 0);
    if (opened?.handle === undefined) return errno.badf;
    return opened.handle.type === "directory" ? opened : errno.notdir;
  };

  const text: PathCalls["text"] = (path, length) => textIn(memory, path, length, mostPathBytes);

  const at: PathCalls["at"] = (operation, needed, [fd, path, length], run) => {
    const base = directoryOf(fd);
    if (typeof base === "number") return base;
    const name = text(path, length);
    if (name === undefined) return errno.ilseq;
    if (!base.rights.allow(needed)) return notCapable(context, operation, base, name);
    return answer(context, operation, name, "mutation", () => run(base.handle, name));
  };

  return {
    directoryOf,
    text,
    at,
    fromTo(operation, needed, from, to, run) {
      const newBase = directoryOf(to[0]);
      return at(operation, needed.from, from, (base, path) => {
        if (typeof newBase === "number") return newBase;
        const newPath = text(to[1], to[2]);
        if (newPath === undefined) return errno.ilseq;
        if (!newBase.rights.allow(needed.to))
          return notCapable(context, operation, newBase, newPath);
        return run(base, path, newBase.handle, newPath);
      });
    },
  };
}

const symlinkFollow = 1;

/** Tells if a call's flags for the lookup have bits without a meaning: such a call is refused. */
export function isOddLookup(lookup: number): boolean {
  return (lookup & ~symlinkFollow) !== 0;
}

/** Tells what becomes of a symlink that a path ends in. */
export function finalLink(lookup: number): "follow" | "keep" {
  return (lookup & symlinkFollow) !== 0 ? "follow" : "keep";
}
