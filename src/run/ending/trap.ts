/** Description of a guest's trap. */
export interface Trap {
  /** The engine's message: "unreachable", "memory access out of bounds"… */
  readonly message: string;
  /** The guest's own functions, innermost first, by name if the module has names. */
  readonly stack: readonly string[];
}

export const mostFrames = 50;

/** Extracts a trap's message and the guest's part of its stack from the engine's error. */
export function describeTrap(error: Error): Trap {
  const frames = (error.stack ?? "").split("\n").flatMap((line) => wasmFrame(line) ?? []);
  return { message: error.message, stack: frames.slice(0, mostFrames) };
}

/**
 * Reads a frame, which V8 writes as `at module.name (wasm://wasm/module-0123abcd:wasm-function[12]:0x1a2b)`, the name
 * optional.
 */
function wasmFrame(line: string): string | undefined {
  const place = /wasm-function\[(?<index>\d+)\]:(?<offset>0x[0-9a-f]+)\)?$/.exec(line)?.groups;
  if (place === undefined) return undefined;
  const name = /^\s*at (?<name>.+) \(wasm:\/\//.exec(line)?.groups?.["name"];
  // A named module prefixes its functions with its name.
  const own = name?.slice(name.indexOf(".wasm.") + 1).replace(/^wasm\./, "");
  return own === undefined
    ? `function ${place["index"]} at ${place["offset"]}`
    : `${own} at ${place["offset"]}`;
}
