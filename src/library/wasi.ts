import {
  type FilesystemTypes,
  type WasiOptions,
  createWasi as createWasiOn,
} from "../wasi/index.ts";
import type { OpenFileSystem } from "./open-file-system.ts";

/** The wasi:filesystem of one guest: `{ types, preopens }` is the filesystem that preview2-shim's WASIShim takes. */
export interface Wasi {
  readonly types: FilesystemTypes;
  readonly preopens: {
    /** Returns new descriptors with each call, each with its path for the guest. */
    getDirectories(): [object, string][];
  };
  /** Closes all descriptors that the guest left open. */
  [Symbol.dispose](): void;
}

/**
 * Serves an open filesystem to a guest whose other imports come from preview2-shim. Call it within
 * `OpenFileSystem.run`, which the guest's changes then belong to. Throws PreopenError if the directory of a preopen
 * does not exist.
 */
export function createWasi(files: OpenFileSystem, options: WasiOptions): Wasi {
  return createWasiOn(files.files, options);
}
