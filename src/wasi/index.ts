export type { Descriptor } from "./descriptor.ts";
export type { DirectoryEntryStream } from "./directory-stream.ts";
export type { Access } from "./handle.ts";
export { type LoweredWasi, lowerWasi } from "./lowered/lower.ts";
export { PreopenError } from "./preopen-error.ts";
export {
  type InputStream,
  type OutputStream,
  ShimError,
  ShimInputStream,
  ShimOutputStream,
} from "./shim.ts";
export { createWasi, type Preopen, type Wasi, type WasiOptions } from "./wasi.ts";
