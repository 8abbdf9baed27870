import { FsError, type Inode, type Place } from "../../fs/index.ts";
import type { Handle } from "./handle.ts";
import { provideTemporary } from "./temporary.ts";

/**
 * Returns the inode at a guest's path. `link/` is the directory that the link leads to, followed or not. Throws
 * FsError: no-entry if there is none.
 */
export function inodeAt(base: Handle, path: string, finalLink: "follow" | "keep"): Inode {
  return standing(base, path, placeOf(base, path, finalLink));
}

/** Returns undefined instead if there is none, without making an exception: programs mostly look for missing files. */
export function findAt(
  base: Handle,
  path: string,
  finalLink: "follow" | "keep",
): Inode | undefined {
  const place = placeOf(base, path, finalLink);
  return place.ino === undefined ? undefined : standing(base, path, place);
}

function placeOf(base: Handle, path: string, finalLink: "follow" | "keep"): Place {
  const { host, ino } = base;
  const { fs } = host;
  provideTemporary(base, path);
  return fs.resolve(ino, path, path.endsWith("/") ? "follow" : finalLink);
}

/** Returns the inode at a place that is resolved already: before a slash only a directory counts. */
export function standing({ host: { fs } }: Handle, path: string, place: Place): Inode {
  const inode = place.ino === undefined ? undefined : fs.inode(place.ino);
  if (inode === undefined) throw new FsError("no-entry", path);
  if (place.at === "entry" && place.slash && inode.type !== "directory")
    throw new FsError("not-directory", path);
  return inode;
}
