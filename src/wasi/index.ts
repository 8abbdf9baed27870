export type { Descriptor } from "./preview2/descriptor.ts";
export type { DirectoryEntryStream } from "./preview2/directory-stream.ts";
export type { Access } from "./calls/handle.ts";
export { type LoweredWasi, lowerWasi } from "./preview2/lowered/lower.ts";
export type { Surroundings } from "./preview1/context.ts";
export { type Preview1, type Preview1Call, createPreview1 } from "./preview1/preview1.ts";
export { type HostOptions, type Preopen, findPreopens } from "./calls/preopens.ts";
export { PreopenError } from "./calls/preopen-error.ts";
export {
  HostError,
  HostInputStream,
  HostOutputStream,
  type InputStream,
  type OutputStream,
} from "./calls/io.ts";
export { createWasi, type WasiOptions } from "./preview2/shim-wasi.ts";
export { type FilesystemTypes, serveWasi, type Wasi } from "./preview2/wasi.ts";
export { type Channels, Settled, type Sink, type Source } from "./preview3/channels.ts";
export { type Filesystem3, serveFilesystem3 } from "./preview3/filesystem.ts";
export { type Ended, failed, ok } from "./preview3/result.ts";
