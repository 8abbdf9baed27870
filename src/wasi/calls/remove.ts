import { FsError } from "../../fs/index.ts";
import { type Handle, requireMutable } from "./handle.ts";
import { standing } from "./place.ts";

/** wasi:filesystem/types, descriptor.remove-directory-at. Throws FsError. */
export function removeDirectoryAt(base: Handle, path: string): void {
  requireMutable(base, path);
  const { fs, roots } = base.host;
  const place = fs.resolve(base.ino, path, "keep");
  if (place.at === "directory")
    throw new FsError(place.last === "." ? "invalid" : "not-permitted", path);
  // A link with a slash means its target, which must not lie outside; but a link is no directory.
  if (place.slash && place.ino !== undefined && fs.inode(place.ino)?.type === "symlink")
    fs.resolve(base.ino, path, "follow");
  if (roots.has(standing(base, path, place).ino)) throw new FsError("not-permitted", path);
  fs.perform({ kind: "rmdir", parent: place.parent, name: place.name });
}

/** wasi:filesystem/types, descriptor.unlink-file-at. Throws FsError. */
export function unlinkFileAt(base: Handle, path: string): void {
  requireMutable(base, path);
  const { fs } = base.host;
  const place = fs.resolve(base.ino, path, "keep");
  if (place.at === "directory") throw new FsError("is-directory", path);
  standing(base, path, place);
  fs.perform({ kind: "unlink", parent: place.parent, name: place.name });
}
