import { webAssembly } from "../wasm/web-assembly.ts";

/** Enough for guests that ask anew each time, and little of the host's memory. */
const most = 100_000;

/** Returns `make` with a limit of calls in all: then the guest traps, as these calls have no error to return. */
export function handout<T>(make: () => T): () => T {
  let given = 0;
  return () => {
    given += 1;
    if (given > most) throw new webAssembly.RuntimeError("too many handles");
    return make();
  };
}
