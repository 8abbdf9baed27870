import { modeOf } from "../../fs/index.ts";
import type { Context } from "./context.ts";
import { errno } from "./errno.ts";

/** stat.h: bits for the type of what has a mode. */
const typeBits = { directory: 0o040000, file: 0o100000, symlink: 0o120000 } as const;

/** What stands beside preview 1, by module: see `besideWasi` of src/run/wasm/signatures.ts. */
export function besideFunctions({ host, memory, descriptors, surroundings }: Context) {
  return {
    host_user: {
      /** Puts 1 where the descriptor is a terminal, otherwise 0. */
      isatty(fd: number, result: number): number {
        const opened = descriptors.get(fd >>> 0);
        if (opened === undefined) return errno.badf;
        const isTerminal = opened.handle === undefined && surroundings.terminals.has(opened.stream);
        memory.setUint32(result, isTerminal ? 1 : 0);
        return errno.success;
      },
    },
    host_fs: {
      /** Returns the mode with the bits of the type, 0 where none is known: then the program goes by what WASI tells. */
      fd_mode(fd: number): number {
        const handle = descriptors.get(fd >>> 0)?.handle;
        const inode = handle === undefined ? undefined : host.fs.inode(handle.ino);
        return inode === undefined ? 0 : typeBits[inode.type] | modeOf(inode);
      },
      /** Knows of no path: that is for the program's C library to find below its directories. */
      path_mode: (_path: number, _length: number, _follow: number): number => 0,
    },
  };
}
