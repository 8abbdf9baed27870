import { FsError, type Inode, type Place } from "../fs/index.ts";
import type { Handle } from "./handle.ts";

/** What stands where a guest's path leads. Throws FsError: no-entry where nothing does. */
export function inodeAt(base: Handle, path: string, finalLink: "follow" | "keep"): Inode {
  const { fs } = base.host;
  return standing(base, path, fs.resolve(base.ino, path, finalLink));
}

/** The same without an exception where nothing stands, which is what most programs look for most of the time. */
export function findAt(
  base: Handle,
  path: string,
  finalLink: "follow" | "keep",
): Inode | undefined {
  const { fs } = base.host;
  const place = fs.resolve(base.ino, path, finalLink);
  return place.ino === undefined ? undefined : standing(base, path, place);
}

/** The same for a place that is resolved already: behind a slash only a directory counts. */
export function standing({ host: { fs } }: Handle, path: string, place: Place): Inode {
  const inode = place.ino === undefined ? undefined : fs.inode(place.ino);
  if (inode === undefined) throw new FsError("no-entry", path);
  if (place.at === "entry" && place.slash && inode.type !== "directory")
    throw new FsError("not-directory", path);
  return inode;
}
