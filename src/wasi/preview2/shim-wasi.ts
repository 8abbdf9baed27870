import type { FileSystem } from "../../fs/index.ts";
import type { Pollable } from "../calls/io.ts";
import type { HostOptions } from "../calls/preopens.ts";
import { joinShim, readyShimPollable } from "./shim.ts";
import { teachShimToSpliceFiles } from "./splice.ts";
import { type Wasi, serveWasi } from "./wasi.ts";

/** Options for a guest that runs on preview2-shim. */
export interface WasiOptions extends HostOptions {
  /** Makes a new pollable that is ready, of the class of the guest's wasi:io/poll; preview2-shim's by default. */
  readonly readyPollable?: () => object;
}

/**
 * Serves a filesystem to one guest that has preview2-shim for the rest of its host. Throws PreopenError if a preopen's
 * directory is missing.
 */
export function createWasi(fs: FileSystem, options: WasiOptions): Wasi {
  const { readyPollable = readyShimPollable } = options;
  joinShim();
  teachShimToSpliceFiles();
  return serveWasi(fs, { ...options, readyPollable: readyPollable as () => Pollable });
}
