import { type FileSystem, FsError } from "../../fs/index.ts";
import { Descriptor } from "./descriptor.ts";
import { DirectoryEntryStream } from "./directory-stream.ts";
import type { Pollable } from "../calls/io.ts";
import type { Host } from "../calls/host.ts";
import { type HostOptions, type Root, openHost, openRoot } from "../calls/preopens.ts";
import { filesystemErrorCode } from "./stream-error.ts";
import { trap } from "../calls/trap.ts";

/** wasi:filesystem/types as preview2-shim declares it. */
export type FilesystemTypes =
  typeof import("@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types");

/** wasi:filesystem for one guest: preview2-shim's WASIShim takes `{ types, preopens }` as its filesystem. */
export interface Wasi {
  readonly types: FilesystemTypes;
  readonly preopens: {
    /** Returns new descriptors with each call. */
    getDirectories(): [Descriptor, string][];
  };
  /** The host and preopens behind it, for a guest that imports another version, too. */
  readonly opened: { readonly host: Host; readonly roots: readonly Root[] };
  /** Closes everything that the guest left open. */
  [Symbol.dispose](): void;
}

/** Serves a filesystem to one guest, whose glue takes our streams. Throws PreopenError if a directory is missing. */
export function serveWasi(
  fs: FileSystem,
  options: HostOptions & { readonly readyPollable: () => Pollable },
): Wasi {
  // The shim's classes cannot be constructed; a guest's glue uses only the declared parts of ours.
  const types = {
    Descriptor,
    DirectoryEntryStream,
    filesystemErrorCode,
  } as unknown as FilesystemTypes;
  const { host, roots } = openHost(fs, options);
  return {
    types,
    opened: { host, roots },
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
