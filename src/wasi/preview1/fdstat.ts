import { type Context, notCapable } from "./context.ts";
import { errno } from "./errno.ts";
import { findOpen } from "./find-open.ts";
import type { Opened } from "./open-file.ts";
import { right } from "./rights.ts";
import { fdflag, filestatBytes, filetype, filetypeOf, putFilestat } from "./structs.ts";

/** The functions of preview 1 that tell and set what a descriptor is. */
export function fdstatFunctions(context: Context) {
  const { host, memory, descriptors, surroundings } = context;
  const { fs } = host;
  const { fileOf } = findOpen(context);
  return {
    fd_fdstat_get(fd: number, result: number): number {
      const opened = descriptors.get(fd >>> 0);
      if (opened === undefined) return errno.badf;
      const { type, flags } = fdstatOf(opened, surroundings.terminals);
      const { base, inheriting } = opened.rights.told;
      memory.check(result, 24);
      memory.all().fill(0, result >>> 0, (result >>> 0) + 24);
      memory.setUint8(result, type);
      memory.setUint16(result + 2, flags);
      memory.setCount64(result + 8, base);
      memory.setCount64(result + 16, inheriting);
      return errno.success;
    },

    fd_fdstat_set_flags(fd: number, flags: number): number {
      if ((flags & ~(fdflag.append | fdflag.nonBlock)) !== 0) return errno.inval;
      const file = fileOf("set-flags", fd, right.fdFdstatSetFlags, errno.badf);
      if (typeof file === "number") return file;
      file.appends = (flags & fdflag.append) !== 0;
      file.nonBlocking = (flags & fdflag.nonBlock) !== 0;
      return errno.success;
    },

    fd_fdstat_set_rights(fd: number, base: bigint, inheriting: bigint): number {
      const opened = descriptors.get(fd >>> 0);
      if (opened === undefined) return errno.badf;
      return opened.rights.narrow(base, inheriting) ? errno.success : errno.notcapable;
    },

    fd_filestat_get(fd: number, result: number): number {
      const opened = descriptors.get(fd >>> 0);
      if (opened === undefined) return errno.badf;
      memory.check(result, filestatBytes);
      if (opened.handle === undefined) {
        if (!opened.rights.allow(right.fdFilestatGet)) return errno.notcapable;
        memory.all().fill(0, result >>> 0, (result >>> 0) + filestatBytes);
        memory.setUint8(result + 16, standardType(opened.stream, surroundings.terminals));
        return errno.success;
      }
      if (!opened.rights.allow(right.fdFilestatGet)) return notCapable(context, "stat", opened);
      const inode = fs.inode(opened.handle.ino);
      if (inode === undefined) return errno.badf;
      putFilestat(memory, result, inode);
      return errno.success;
    },
  };
}

function fdstatOf(opened: Opened, terminals: Context["surroundings"]["terminals"]) {
  if (opened.handle === undefined)
    return { type: standardType(opened.stream, terminals), flags: 0 };
  const { handle, appends, nonBlocking } = opened;
  if (handle.type === "directory") return { type: filetypeOf("directory"), flags: 0 };
  const flags = (appends ? fdflag.append : 0) | (nonBlocking ? fdflag.nonBlock : 0);
  return { type: filetypeOf("file"), flags };
}

/** The fields that wasi-libc's isatty checks. */
function standardType(
  stream: "stdin" | "stdout" | "stderr",
  terminals: Context["surroundings"]["terminals"],
): number {
  return terminals.has(stream) ? filetype.characterDevice : filetype.unknown;
}
