import type { Ino } from "../../journal/index.ts";
import { rootIno } from "../../journal/index.ts";
import { type FileSystem, FsError } from "../fs/index.ts";
import { Descriptor } from "./descriptor.ts";
import { DirectoryEntryStream } from "./directory-stream.ts";
import { type Access, Handle } from "./handle.ts";
import { Host } from "./host.ts";
import { PreopenError } from "./preopen-error.ts";
import { type Pollable, readyShimPollable } from "./shim.ts";
import { teachShimToSpliceFiles } from "./splice.ts";
import { filesystemErrorCode } from "./stream-error.ts";
import { trap } from "./trap.ts";

/** A directory that a guest finds open when it starts. */
export interface Preopen {
  /** Where the guest finds it. */
  readonly path: string;
  /** Absolute path of the directory in the virtual filesystem; "/" unless given. */
  readonly directory?: string;
  readonly access: Access;
}

export interface WasiOptions {
  readonly preopens: readonly Preopen[];
  /** Nanoseconds since the epoch, for times that a guest sets to "now"; the system's clock unless given. */
  readonly now?: () => bigint;
  /** Called at the start of every host call; what it throws passes through. */
  readonly beforeCall?: () => void;
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
  const { now = systemTime, beforeCall = nothing, readyPollable = readyShimPollable } = options;
  // The shim's classes cannot be constructed; what a guest's glue asks of ours is what is declared.
  const types = {
    Descriptor,
    DirectoryEntryStream,
    filesystemErrorCode,
  } as unknown as FilesystemTypes;
  teachShimToSpliceFiles();
  const preopens = options.preopens.map((preopen) => ({
    ...preopen,
    ino: directoryOf(fs, preopen),
  }));
  const roots = new Set([rootIno, ...preopens.map(({ ino }) => ino)]);
  const pollable = readyPollable as () => Pollable;
  const host = new Host(fs, roots, { now, beforeCall, readyPollable: pollable });

  const open = (ino: Ino, access: Access): Descriptor => {
    try {
      return new Descriptor(
        new Handle(host, ino, "directory", { access, reads: true, writes: false }),
      );
    } catch (error) {
      // get-directories has no error to return.
      if (error instanceof FsError) throw trap(`get-directories: ${error.message}`);
      throw error;
    }
  };
  return {
    types,
    preopens: {
      getDirectories() {
        beforeCall();
        return preopens.map(({ ino, access, path }) => [open(ino, access), path]);
      },
    },
    [Symbol.dispose]() {
      for (const handle of host.handles) handle.close();
    },
  };
}

function directoryOf(fs: FileSystem, { path, directory = "/" }: Preopen): Ino {
  const relative = directory.replace(/^\/+/, "");
  try {
    const ino = relative === "" ? rootIno : fs.resolve(rootIno, relative, "follow").ino;
    if (ino === undefined) throw new FsError("no-entry", directory);
    if (fs.inode(ino)?.type !== "directory") throw new FsError("not-directory", directory);
    return ino;
  } catch (error) {
    if (error instanceof FsError) throw new PreopenError(error.code, path, directory);
    throw error;
  }
}

function systemTime(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

function nothing(): void {}
