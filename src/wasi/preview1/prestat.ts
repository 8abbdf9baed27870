import type { Context } from "./context.ts";
import { errno } from "./errno.ts";

/** The functions of preview 1 that describe the preopens. */
export function prestatFunctions({ memory, descriptors }: Context) {
  const nameOf = (fd: number): Uint8Array | undefined => {
    const opened = descriptors.get(fd >>> 0);
    return opened?.handle === undefined ? undefined : opened.preopen;
  };
  return {
    fd_prestat_get(fd: number, result: number): number {
      const name = nameOf(fd);
      if (name === undefined) return errno.badf;
      memory.check(result, 8);
      // The tag of a directory, the only kind, and the length of its name.
      memory.setUint32(result, 0);
      memory.setUint32(result + 4, name.length);
      return errno.success;
    },

    fd_prestat_dir_name(fd: number, buffer: number, room: number): number {
      const name = nameOf(fd);
      if (name === undefined) return errno.badf;
      if (name.length > room >>> 0) return errno.nametoolong;
      memory.bytes(buffer, name.length).set(name);
      return errno.success;
    },
  };
}
