/** A compiled core module; it can be sent to another thread. */
export interface WasmModule {
  readonly [Symbol.toStringTag]?: string;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** Functions, memories, tables and globals by module and name. */
export type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Engine {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports?: WasmImports) => WasmInstance;
  readonly RuntimeError: new (message?: string) => Error;
  readonly CompileError: new (message?: string) => Error;
  /** Thrown by a module's own instruction; no Error. */
  readonly Exception: new (...parts: never) => object;
  readonly LinkError: new (message?: string) => Error;
}

/** The engine's WebAssembly, as far as it is used here: its types come with the DOM's, which are not loaded. */
export const webAssembly: Engine = Reflect.get(globalThis, "WebAssembly") as Engine;
