import { FsError, type Inode, type Place } from "../../fs/index.ts";
import { type Handle, requireMutable } from "./handle.ts";
import { standing } from "./place.ts";
import { provideTemporaryAbove } from "./temporary.ts";

/** wasi:filesystem/types, descriptor.rename-at. Throws FsError. */
export function renameAt(base: Handle, path: string, newBase: Handle, newPath: string): void {
  requireMutable(base, path);
  requireMutable(newBase, newPath);
  provideTemporaryAbove(newBase, newPath);
  const { fs, roots } = base.host;
  const from = fs.resolve(base.ino, path, "keep");
  if (from.at === "directory") throw new FsError("invalid", path);
  const moved = standing(base, path, from);
  const to = fs.resolve(newBase.ino, newPath, "keep");
  if (to.at === "directory") throw new FsError("invalid", newPath);
  const replaced = to.ino === undefined ? undefined : fs.inode(to.ino);
  checkSlash(moved, to, replaced, newPath);
  if (roots.has(moved.ino) || (replaced !== undefined && roots.has(replaced.ino)))
    throw new FsError("not-permitted", path);
  fs.perform({
    kind: "rename",
    parent: from.parent,
    name: from.name,
    toParent: to.parent,
    toName: to.name,
  });
}

/** Checks a slash at the end: only a directory may have one, before and after. */
function checkSlash(moved: Inode, to: Place, replaced: Inode | undefined, newPath: string): void {
  if (to.at === "directory" || !to.slash) return;
  // A file onto a directory is refused for that reason, with a slash or without.
  if (replaced?.type === "directory") return;
  if (moved.type !== "directory" || replaced !== undefined)
    throw new FsError("not-directory", newPath);
}
