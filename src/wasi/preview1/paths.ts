import { createDirectoryAt, linkAt, symlinkAt } from "../create.ts";
import type { Handle } from "../handle.ts";
import { readlinkAt } from "../link-target.ts";
import { asksToChange, openAt } from "../open.ts";
import { findAt } from "../place.ts";
import { removeDirectoryAt, unlinkFileAt } from "../remove.ts";
import { renameAt } from "../rename.ts";
import { setTimesAt } from "../set-times.ts";
import { textIn } from "../text-in.ts";
import { type Context, answer } from "./context.ts";
import { errno, errnoOf } from "./errno.ts";
import { OpenFile } from "./open-file.ts";
import { wantedOf } from "./rights.ts";
import { fdflag, filestatBytes, newTimes, putFilestat } from "./structs.ts";

const symlinkFollow = 1;
const oflag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;

/** The functions of preview 1 that take a path. */
export function pathFunctions(context: Context) {
  const { host, memory, descriptors } = context;
  const mostPathBytes = host.fs.limits["path-bytes"];

  /** A directory, or the number of the error. */
  const directoryOf = (fd: number): Handle | number => {
    const handle = descriptors.get(fd >>> 0)?.handle;
    if (handle === undefined) return errno.badf;
    return handle.type === "directory" ? handle : errno.notdir;
  };

  const text = (path: number, length: number): string | undefined =>
    textIn(memory, path, length, mostPathBytes);

  /** For a call that takes a directory and a path in it, and gives nothing. */
  const at = (
    operation: string,
    fd: number,
    path: number,
    length: number,
    run: (base: Handle, path: string) => number | void,
  ): number => {
    const base = directoryOf(fd);
    if (typeof base === "number") return base;
    const name = text(path, length);
    if (name === undefined) return errno.ilseq;
    return answer(context, operation, name, "mutation", () => run(base, name));
  };

  /** The same with a second place. */
  const fromTo = (
    operation: string,
    from: readonly [fd: number, path: number, length: number],
    to: readonly [fd: number, path: number, length: number],
    run: (base: Handle, path: string, newBase: Handle, newPath: string) => number | void,
  ): number => {
    const newBase = directoryOf(to[0]);
    return at(operation, ...from, (base, path) => {
      if (typeof newBase === "number") return newBase;
      const newPath = text(to[1], to[2]);
      return newPath === undefined ? errno.ilseq : run(base, path, newBase, newPath);
    });
  };

  return {
    path_open(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      how: number,
      rights: bigint,
      _inheriting: bigint,
      flags: number,
      result: number,
    ): number {
      const base = directoryOf(fd);
      if (typeof base === "number") return base;
      const name = text(path, length);
      if (name === undefined) return errno.ilseq;
      memory.check(result, 4);
      const opening = {
        finalLink: finalLink(lookup),
        open: {
          create: (how & oflag.create) !== 0,
          directory: (how & oflag.directory) !== 0,
          exclusive: (how & oflag.exclusive) !== 0,
          truncate: (how & oflag.truncate) !== 0,
        },
        flags: {
          ...wantedOf(rights),
          fileIntegritySync: (flags & fdflag.sync) !== 0,
          dataIntegritySync: (flags & fdflag.dsync) !== 0,
          requestedWriteSync: (flags & fdflag.rsync) !== 0,
        },
      };
      try {
        const opened = new OpenFile(openAt(base, name, opening), {
          appends: (flags & fdflag.append) !== 0,
          nonBlocking: (flags & fdflag.nonBlock) !== 0,
        });
        memory.setUint32(result, descriptors.add(opened));
        return errno.success;
      } catch (error) {
        const effect = asksToChange(opening) ? "mutation" : "access";
        return errnoOf(host.refusal("open-at", name, effect, error));
      }
    },

    path_filestat_get(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      result: number,
    ): number {
      const base = directoryOf(fd);
      if (typeof base === "number") return base;
      const name = text(path, length);
      if (name === undefined) return errno.ilseq;
      memory.check(result, filestatBytes);
      try {
        const inode = findAt(base, name, finalLink(lookup));
        if (inode === undefined) return errno.noent;
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
      if (times === undefined) return errno.inval;
      return at("set-times-at", fd, path, length, (base, name) =>
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
      return answer(context, "readlink-at", name, "access", () => {
        // As POSIX has it, what does not fit is cut off.
        const target = Buffer.from(readlinkAt(base, name)).subarray(0, room >>> 0);
        memory.bytes(buffer, target.length).set(target);
        memory.setUint32(result, target.length);
      });
    },

    path_create_directory: (fd: number, path: number, length: number): number =>
      at("create-directory-at", fd, path, length, createDirectoryAt),

    path_remove_directory: (fd: number, path: number, length: number): number =>
      at("remove-directory-at", fd, path, length, removeDirectoryAt),

    path_unlink_file: (fd: number, path: number, length: number): number =>
      at("unlink-file-at", fd, path, length, unlinkFileAt),

    path_rename: (
      fd: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ): number => fromTo("rename-at", [fd, path, length], [newFd, newPath, newLength], renameAt),

    path_link: (
      fd: number,
      lookup: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ): number =>
      fromTo(
        "link-at",
        [fd, path, length],
        [newFd, newPath, newLength],
        (base, name, newBase, newName) => linkAt(base, finalLink(lookup), name, newBase, newName),
      ),

    path_symlink: (
      target: number,
      targetLength: number,
      fd: number,
      path: number,
      length: number,
    ): number => {
      const to = text(target, targetLength);
      if (to === undefined) return errno.ilseq;
      return at("symlink-at", fd, path, length, (base, name) => symlinkAt(base, to, name));
    },
  };
}

function finalLink(lookup: number): "follow" | "keep" {
  return (lookup & symlinkFollow) !== 0 ? "follow" : "keep";
}
