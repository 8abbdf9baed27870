import { modeOf } from "../../fs/index.ts";
import type { Context } from "./context.ts";
import { errno } from "./errno.ts";

/** stat.h: type bits of a mode. */
const typeBits = {
  directory: 0o040000,
  file: 0o100000,
  symlink: 0o120000,
  fifo: 0o010000,
  socket: 0o140000,
} as const;

/** Functions outside of preview 1, by module: see `besideWasi` of src/run/wasm/signatures.ts. */
export function besideFunctions({ host, memory, descriptors, surroundings }: Context) {
  return {
    host_user: {
      /** Writes 1 if the descriptor is a terminal, otherwise 0. */
      isatty(fd: number, result: number): number {
        const opened = descriptors.get(fd >>> 0);
        if (opened === undefined) return errno.badf;
        const isTerminal = opened.handle === undefined && surroundings.terminals.has(opened.stream);
        memory.setUint32(result, isTerminal ? 1 : 0);
        return errno.success;
      },
    },
    host_fs: {
      /** Returns the mode with the bits of the type, or 0 if none is known: then the program uses WASI's answer. */
      fd_mode(fd: number): number {
        const handle = descriptors.get(fd >>> 0)?.handle;
        const inode = handle === undefined ? undefined : host.fs.inode(handle.ino);
        return inode === undefined ? 0 : typeBits[inode.type] | modeOf(inode);
      },
      /** Knows no path: the program's C library looks it up below its directories. */
      path_mode: (_path: number, _length: number, _follow: number): number => 0,
    },
  };
}
