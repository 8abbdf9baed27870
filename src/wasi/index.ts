export type { Descriptor } from "./descriptor.ts";
export type { DirectoryEntryStream } from "./directory-stream.ts";
export type { Access } from "./handle.ts";
export { type LoweredWasi, lowerWasi } from "./lowered/lower.ts";
export type { Surroundings } from "./preview1/context.ts";
export { type Preview1, type Preview1Call, createPreview1 } from "./preview1/preview1.ts";
export { type Preopen, findPreopens } from "./preopens.ts";
export { PreopenError } from "./preopen-error.ts";
export {
  HostError,
  HostInputStream,
  HostOutputStream,
  type InputStream,
  type OutputStream,
} from "./io.ts";
export { createWasi, type WasiOptions } from "./shim-wasi.ts";
export { serveWasi, type Wasi } from "./wasi.ts";
