import { createDirectoryAt, linkAt, symlinkAt } from "../calls/create.ts";
import { readlinkAt } from "../calls/link-target.ts";
import { findAt } from "../calls/place.ts";
import { removeDirectoryAt, unlinkFileAt } from "../calls/remove.ts";
import { renameAt } from "../calls/rename.ts";
import { setTimesAt } from "../calls/set-times.ts";
import { type Context, answer, notCapable } from "./context.ts";
import { errno, errnoOf } from "./errno.ts";
import { finalLink, isOddLookup, pathCalls } from "./path-calls.ts";
import { right } from "./rights.ts";
import { filestatBytes, newTimes, putFilestat } from "./structs.ts";

/** The most frequent error, made once. */
const missing = { code: "no-entry", limit: undefined, refusedBy: "filesystem" } as const;

/** The functions of preview 1 that take a path, but for the one that opens. */
export function pathFunctions(context: Context) {
  return { ...lookFunctions(context), ...entryFunctions(context), ...movingFunctions(context) };
}

/** The functions for what a path leads to. */
function lookFunctions(context: Context) {
  const { host, memory } = context;
  const { directoryOf, text, at } = pathCalls(context);
  return {
    path_filestat_get(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      result: number,
    ): number {
      if (isOddLookup(lookup)) return errno.inval;
      const base = directoryOf(fd);
      if (typeof base === "number") return base;
      const name = text(path, length);
      if (name === undefined) return errno.ilseq;
      memory.check(result, filestatBytes);
      if (!base.rights.allow(right.pathFilestatGet))
        return notCapable(context, "stat-at", base, name);
      try {
        const inode = findAt(base.handle, name, finalLink(lookup));
        if (inode === undefined) {
          host.fs.refuse({ operation: "stat-at", path: name, effect: "access" }, missing);
          return errno.noent;
        }
        putFilestat(memory, result, inode);
        return errno.success;
      } catch (error) {
        return errnoOf(host.refusal("stat-at", name, "access", error));
      }
    },

    path_filestat_set_times(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      access: bigint,
      modification: bigint,
      flags: number,
    ): number {
      const times = newTimes(access, modification, flags);
      if (times === undefined || isOddLookup(lookup)) return errno.inval;
      return at("set-times-at", right.pathFilestatSetTimes, [fd, path, length], (base, name) =>
        setTimesAt(base, finalLink(lookup), name, times),
      );
    },

    path_readlink(
      fd: number,
      path: number,
      length: number,
      buffer: number,
      room: number,
      result: number,
    ): number {
      const base = directoryOf(fd);
      if (typeof base === "number") return base;
      const name = text(path, length);
      if (name === undefined) return errno.ilseq;
      memory.check(buffer, room >>> 0);
      memory.check(result, 4);
      if (!base.rights.allow(right.pathReadlink))
        return notCapable(context, "readlink-at", base, name);
      return answer(context, "readlink-at", name, "access", () => {
        // As in POSIX, a target that does not fit is cut off.
        const target = Buffer.from(readlinkAt(base.handle, name)).subarray(0, room >>> 0);
        memory.bytes(buffer, target.length).set(target);
        memory.setUint32(result, target.length);
      });
    },
  };
}

/** The functions that make and remove entries. */
function entryFunctions(context: Context) {
  const { text, at } = pathCalls(context);
  return {
    path_create_directory: (fd: number, path: number, length: number): number =>
      at("create-directory-at", right.pathCreateDirectory, [fd, path, length], createDirectoryAt),

    path_remove_directory: (fd: number, path: number, length: number): number =>
      at("remove-directory-at", right.pathRemoveDirectory, [fd, path, length], removeDirectoryAt),

    path_unlink_file: (fd: number, path: number, length: number): number =>
      at("unlink-file-at", right.pathUnlinkFile, [fd, path, length], unlinkFileAt),

    path_symlink: (
      target: number,
      targetLength: number,
      fd: number,
      path: number,
      length: number,
    ): number => {
      const to = text(target, targetLength);
      if (to === undefined) return errno.ilseq;
      return at("symlink-at", right.pathSymlink, [fd, path, length], (base, name) =>
        symlinkAt(base, to, name),
      );
    },
  };
}

/** The functions that take two paths. */
function movingFunctions(context: Context) {
  const { fromTo } = pathCalls(context);
  return {
    path_rename: (
      fd: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ): number =>
      fromTo(
        "rename-at",
        { from: right.pathRenameSource, to: right.pathRenameTarget },
        [fd, path, length],
        [newFd, newPath, newLength],
        renameAt,
      ),

    path_link: (
      fd: number,
      lookup: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ): number =>
      isOddLookup(lookup)
        ? errno.inval
        : fromTo(
            "link-at",
            { from: right.pathLinkSource, to: right.pathLinkTarget },
            [fd, path, length],
            [newFd, newPath, newLength],
            (base, name, newBase, newName) =>
              linkAt(base, finalLink(lookup), name, newBase, newName),
          ),
  };
}
