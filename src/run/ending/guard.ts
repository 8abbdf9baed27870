import type { Ending } from "./ending.ts";

/** Wraps a host call so that any error that it throws ends the guest. */
export function guard<Flat extends readonly unknown[]>(
  call: (...flat: Flat) => unknown,
  ending: Ending,
): (...flat: Flat) => unknown {
  return (...flat) => {
    if (ending.end !== undefined) ending.now(ending.end);
    try {
      ending.before?.();
      return call(...flat);
    } catch (error) {
      return ending.now({ kind: "error", error });
    }
  };
}
