interface Engine {
  readonly RuntimeError: new (message: string) => Error;
}

// The engine's types come with the DOM's, which are not loaded.
const { RuntimeError } = Reflect.get(globalThis, "WebAssembly") as Engine;

/**
 * Returns an error that ends a guest that broke the contract of a host call: it passes through jco's glue as a trap.
 */
export function trap(message: string): Error {
  return new RuntimeError(message);
}
