import {
  type FilesystemTypes,
  type WasiOptions,
  createWasi as createWasiOn,
} from "../wasi/index.ts";
import type { OpenFileSystem } from "./open-file-system.ts";

/** wasi:filesystem for one guest: `{ types, preopens }` is what preview2-shim's WASIShim takes as its filesystem. */
export interface Wasi {
  readonly types: FilesystemTypes;
  readonly preopens: {
    /** Gives new descriptors with each call, each with the path that the guest knows it by. */
    getDirectories(): [object, string][];
  };
  /** Closes all that the guest left open. */
  [Symbol.dispose](): void;
}

/**
 * Serves an open filesystem to one guest that has preview2-shim for the rest of its host. Call it within
 * `OpenFileSystem.run`, which the guest's changes belong to. Throws PreopenError for a preopen whose directory is not
 * there.
 */
export function createWasi(files: OpenFileSystem, options: WasiOptions): Wasi {
  return createWasiOn(files.files, options);
}
