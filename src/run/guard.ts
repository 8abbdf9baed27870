import type { Checkpoint } from "./control.ts";
import type { Ending } from "./ending.ts";

/** A host call that first passes the checkpoint; whatever it throws ends the guest. */
export function guard<Flat extends readonly unknown[]>(
  call: (...flat: Flat) => unknown,
  checkpoint: Checkpoint,
  ending: Ending,
): (...flat: Flat) => unknown {
  return (...flat) => {
    checkpoint.pass();
    if (ending.end !== undefined) ending.now(ending.end);
    try {
      return call(...flat);
    } catch (error) {
      return ending.now({ kind: "error", error });
    }
  };
}
