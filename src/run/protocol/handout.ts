import { webAssembly } from "../wasm/web-assembly.ts";

/** Enough for whoever asks each time anew, and little of the host's memory. */
const most = 100_000;

/** Gives what `make` makes, so many times in all: then the guest traps, as these calls have no error to give. */
export function handout<T>(make: () => T): () => T {
  let given = 0;
  return () => {
    given += 1;
    if (given > most) throw new webAssembly.RuntimeError("too many handles");
    return make();
  };
}
