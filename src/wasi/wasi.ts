import { type FileSystem, FsError } from "../fs/index.ts";
import { Descriptor } from "./descriptor.ts";
import { DirectoryEntryStream } from "./directory-stream.ts";
import { type HostOptions, openHost, openRoot } from "./preopens.ts";
import { type Pollable, readyShimPollable } from "./shim.ts";
import { teachShimToSpliceFiles } from "./splice.ts";
import { filesystemErrorCode } from "./stream-error.ts";
import { trap } from "./trap.ts";

export interface WasiOptions extends HostOptions {
  /** Makes a new pollable that is ready, of the class of the guest's wasi:io/poll; preview2-shim's unless given. */
  readonly readyPollable?: () => object;
}

/** wasi:filesystem/types as preview2-shim declares it. */
export type FilesystemTypes =
  typeof import("@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types");

/** wasi:filesystem for one guest: `{ types, preopens }` is what preview2-shim's WASIShim takes as its filesystem. */
export interface Wasi {
  readonly types: FilesystemTypes;
  readonly preopens: {
    /** New descriptors with each call. */
    getDirectories(): [Descriptor, string][];
  };
  /** Closes all that the guest left open. */
  [Symbol.dispose](): void;
}

/** Serves a filesystem to one guest. Throws PreopenError for a preopen whose directory is not there. */
export function createWasi(fs: FileSystem, options: WasiOptions): Wasi {
  const { readyPollable = readyShimPollable } = options;
  // The shim's classes cannot be constructed; what a guest's glue asks of ours is what is declared.
  const types = {
    Descriptor,
    DirectoryEntryStream,
    filesystemErrorCode,
  } as unknown as FilesystemTypes;
  teachShimToSpliceFiles();
  const { host, roots } = openHost(fs, {
    ...options,
    readyPollable: readyPollable as () => Pollable,
  });
  return {
    types,
    preopens: {
      getDirectories() {
        host.beforeCall();
        try {
          return roots.map((root) => [new Descriptor(openRoot(host, root)), root.path]);
        } catch (error) {
          // get-directories has no error to return.
          if (error instanceof FsError) throw trap(`get-directories: ${error.message}`);
          throw error;
        }
      },
    },
    [Symbol.dispose]() {
      for (const handle of host.handles) handle.close();
    },
  };
}
