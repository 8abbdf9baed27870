import { FsError } from "../../fs/index.ts";
import { type Handle, requireMutable } from "./handle.ts";
import { standing } from "./place.ts";
import { provideTemporaryAbove } from "./temporary.ts";

/** wasi:filesystem/types, descriptor.create-directory-at. Throws FsError. */
export function createDirectoryAt(base: Handle, path: string): void {
  requireMutable(base, path);
  provideTemporaryAbove(base, path);
  const { fs } = base.host;
  const place = fs.resolve(base.ino, path, "keep");
  if (place.at === "directory" || place.ino !== undefined) throw new FsError("exist", path);
  fs.perform({ kind: "mkdir", parent: place.parent, name: place.name });
}

/** wasi:filesystem/types, descriptor.symlink-at. Throws FsError. */
export function symlinkAt(base: Handle, target: string, path: string): void {
  requireMutable(base, path);
  if (target.startsWith("/")) throw new FsError("not-permitted", path);
  provideTemporaryAbove(base, path);
  const { fs } = base.host;
  const place = fs.resolve(base.ino, path, "keep");
  if (place.at === "directory") throw new FsError("exist", path);
  if (place.slash) {
    standing(base, path, place);
    throw new FsError("exist", path);
  }
  fs.perform({ kind: "symlink", parent: place.parent, name: place.name, target });
}

/** wasi:filesystem/types, descriptor.link-at. Throws FsError. */
export function linkAt(
  base: Handle,
  finalLink: "follow" | "keep",
  path: string,
  newBase: Handle,
  newPath: string,
): void {
  requireMutable(base, path);
  requireMutable(newBase, newPath);
  if (finalLink === "follow") throw new FsError("invalid", path);
  provideTemporaryAbove(newBase, newPath);
  const { fs } = base.host;
  const { ino, type } = standing(base, path, fs.resolve(base.ino, path, "keep"));
  if (type === "directory") throw new FsError("not-permitted", path);
  const place = fs.resolve(newBase.ino, newPath, "keep");
  if (place.at === "directory" || place.ino !== undefined) throw new FsError("exist", newPath);
  if (place.slash) throw new FsError("no-entry", newPath);
  fs.perform({ kind: "link", ino, parent: place.parent, name: place.name });
}
