import { webAssembly } from "../wasm/web-assembly.ts";

/** End of a guest, other than by returning from run. */
export type End =
  | { readonly kind: "exit"; readonly code: number }
  /** Host code threw: the guest broke a rule of an interface, or the host has a bug. */
  | { readonly kind: "error"; readonly error: unknown };

/**
 * Ends the guest from inside a host call by throwing a real WebAssembly trap: the guest's own handlers could catch an
 * ordinary exception. The first end counts, and every later host call traps again.
 */
export class Ending {
  #end: End | undefined;
  readonly #trap: () => void;

  /** Is called before each host call of the guest. */
  readonly before: (() => void) | undefined;

  constructor(before?: () => void) {
    this.before = before;
    const instance = new webAssembly.Instance(new webAssembly.Module(trapModule));
    const trap = instance.exports["trap"];
    if (typeof trap !== "function") throw new TypeError("the trap module has no trap");
    this.#trap = () => void Reflect.apply(trap, undefined, []);
  }

  get end(): End | undefined {
    return this.#end;
  }

  now(end: End): never {
    this.#end ??= end;
    this.#trap();
    throw new Error("unreachable");
  }
}

/** (module (func (export "trap") unreachable)) */
const trapModule = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    [0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
    [0x03, 0x02, 0x01, 0x00],
    [0x07, 0x08, 0x01, 0x04, 0x74, 0x72, 0x61, 0x70, 0x00, 0x00],
    [0x0a, 0x05, 0x01, 0x03, 0x00, 0x00, 0x0b],
  ].flat(),
);
